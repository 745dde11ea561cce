//! One parse of one document, and the only ways to look into it.
//!
//! The tree keeps namespace declarations apart from attributes. Elements are found by namespace and name, attributes by
//! exact name without prefix and namespace, and text only where an element holds nothing but text.

use super::failure::{Check, Refusal, refuse};
use super::policy::Limits;
use std::collections::HashSet;
use uppsala::parser::Parser;
use uppsala::{Document, NodeId, NodeKind};

/// Attributes that some XML software takes for identifiers, in any namespace.
const IDENTIFIERS: [&str; 5] = ["ID", "Id", "id", "AssertionID", "AssertionId"];

/// A parsed document within its limits.
pub(super) struct Tree<'x> {
    document: Document<'x>,
    source: &'x str,
}

/// An element of a [`Tree`]. Says nothing about signatures; see [`super::signature::Proven`].
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    document: &'t Document<'t>,
    id: NodeId,
}

impl<'x> Tree<'x> {
    /// Parses, and refuses what is too large, ambiguous, or read differently by different parsers.
    pub(super) fn parse(source: &'x str, limits: Limits) -> Result<Self, Refusal> {
        if source.len() > limits.bytes {
            return refuse(Check::Size, format!("longer than {} bytes", limits.bytes));
        }
        // Before the parser spends anything: an element needs at least one of these.
        if source.bytes().filter(|byte| *byte == b'<').count() > limits.elements.saturating_mul(3) {
            return refuse(Check::Limits, "too many elements");
        }
        let document = Parser::new()
            .with_forbid_dtd(true)
            .with_max_depth(limits.depth)
            .parse(source)
            .map_err(|_| {
                Refusal::new(
                    Check::Xml,
                    format!("not well-formed, with a document type, or deeper than {}", limits.depth),
                )
            })?;
        if let Some(declaration) = &document.xml_declaration {
            let utf8 = declaration
                .encoding
                .as_deref()
                .is_none_or(|encoding| encoding.eq_ignore_ascii_case("UTF-8"));
            if declaration.version != "1.0" || !utf8 {
                return refuse(Check::Encoding, "the XML declaration is not version 1.0 and UTF-8");
            }
        }
        let tree = Self { document, source };
        tree.check(limits)?;
        Ok(tree)
    }

    fn check(&self, limits: Limits) -> Result<(), Refusal> {
        let mut elements = 0_usize;
        let mut identifiers = HashSet::new();
        let mut waiting = vec![self.document.root()];
        while let Some(parent) = waiting.pop() {
            let (mut has_elements, mut has_text) = (false, false);
            for child in self.document.children_iter(parent) {
                match self.document.node_kind(child) {
                    Some(NodeKind::Element(element)) => {
                        has_elements = true;
                        elements += 1;
                        if elements > limits.elements {
                            return refuse(Check::Limits, "too many elements");
                        }
                        if element.attributes.len() + element.namespace_declarations.len() > limits.attributes {
                            return refuse(Check::Limits, "too many attributes");
                        }
                        if !is_plain(&element.name.local_name) {
                            return refuse(Check::Names, "an element's name is empty or has a stray colon");
                        }
                        for attribute in &element.attributes {
                            let name: &str = &attribute.name.local_name;
                            if !is_plain(name) {
                                return refuse(Check::Names, "an attribute's name is empty or has a stray colon");
                            }
                            if IDENTIFIERS.contains(&name) && !identifiers.insert(attribute.value.as_ref()) {
                                return refuse(Check::DuplicateId, "two elements have the same identifier");
                            }
                        }
                        waiting.push(child);
                    }
                    Some(NodeKind::Text(text)) => has_text |= !text.trim_matches(is_space).is_empty(),
                    Some(NodeKind::Comment(_) | NodeKind::ProcessingInstruction(_)) if limits.comments => {}
                    // A comment ends a text node in some readers and not in others, and canonicalization drops it.
                    _ => return refuse(Check::Content, "a comment, processing instruction or CDATA section"),
                }
            }
            if has_elements && has_text {
                return refuse(Check::Content, "text beside elements");
            }
        }
        Ok(())
    }

    /// The document element.
    pub(super) fn root(&self) -> Result<Node<'_>, Refusal> {
        let id = self
            .document
            .document_element()
            .ok_or_else(|| Refusal::new(Check::Root, "no document element"))?;
        Ok(Node {
            document: &self.document,
            id,
        })
    }

    pub(super) const fn document(&self) -> &Document<'x> {
        &self.document
    }

    pub(super) const fn source(&self) -> &'x str {
        self.source
    }
}

/// XML 1.0 section 2.3: white space. Unlike Rust's, it has four members.
pub(super) const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains(':')
}

impl<'t> Node<'t> {
    pub(super) const fn id(self) -> NodeId {
        self.id
    }

    fn element(self) -> Option<&'t uppsala::Element<'t>> {
        self.document.element(self.id)
    }

    /// Whether it is this element of this namespace.
    pub(super) fn is(self, namespace: &str, name: &str) -> bool {
        self.namespace() == Some(namespace) && self.local_name() == name
    }

    pub(super) fn namespace(self) -> Option<&'t str> {
        self.element()?.name.namespace_uri.as_deref()
    }

    pub(super) fn local_name(self) -> &'t str {
        self.element().map_or("", |element| &element.name.local_name)
    }

    pub(super) fn parent(self) -> Option<NodeId> {
        self.document.parent(self.id)
    }

    /// The elements directly inside.
    pub(super) fn children(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        document
            .children_iter(self.id)
            .filter(move |child| matches!(document.node_kind(*child), Some(NodeKind::Element(_))))
            .map(move |id| Self { document, id })
    }

    /// This element and all within, in document order.
    pub(super) fn descendants(self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut waiting = vec![self];
        while let Some(node) = waiting.pop() {
            found.push(node);
            let inside: Vec<Self> = node.children().collect();
            waiting.extend(inside.into_iter().rev());
        }
        found
    }

    /// The one element of this name directly inside; `None` when there is none, `Err` when there are several.
    pub(super) fn at_most_one(self, namespace: &str, name: &str, check: Check) -> Result<Option<Self>, Refusal> {
        let mut found = self.children().filter(|child| child.is(namespace, name));
        match (found.next(), found.next()) {
            (one, None) => Ok(one),
            _ => refuse(check, format!("several {name} elements")),
        }
    }

    /// The one element of this name directly inside.
    pub(super) fn one(self, namespace: &str, name: &str, check: Check) -> Result<Self, Refusal> {
        self.at_most_one(namespace, name, check)?
            .ok_or_else(|| Refusal::new(check, format!("no {name} element")))
    }

    /// The attribute of this name that has neither prefix nor namespace.
    pub(super) fn attribute(self, name: &str) -> Option<&'t str> {
        self.element()?
            .attributes
            .iter()
            .find(|attribute| {
                attribute.name.prefix.is_none()
                    && attribute.name.namespace_uri.is_none()
                    && attribute.name.local_name == name
            })
            .map(|attribute| attribute.value.as_ref())
    }

    /// Whether it has no attributes but these, all without prefix.
    pub(super) fn has_only_attributes(self, names: &[&str]) -> bool {
        self.element().is_some_and(|element| {
            element.attributes.iter().all(|attribute| {
                attribute.name.prefix.is_none()
                    && attribute.name.namespace_uri.is_none()
                    && names.contains(&attribute.name.local_name.as_ref())
            })
        })
    }

    /// Whether any attribute has this namespace.
    pub(super) fn has_attribute_of(self, namespace: &str) -> bool {
        self.element().is_some_and(|element| {
            element
                .attributes
                .iter()
                .any(|attribute| attribute.name.namespace_uri.as_deref() == Some(namespace))
        })
    }

    /// All of its text, when it holds nothing else.
    pub(super) fn text(self, check: Check) -> Result<String, Refusal> {
        let mut text = String::new();
        for child in self.document.children_iter(self.id) {
            match self.document.node_kind(child) {
                Some(NodeKind::Text(part)) => text.push_str(part),
                _ => return refuse(check, format!("{} holds more than text", self.local_name())),
            }
        }
        Ok(text)
    }

    /// Declarations that are in force here, nearest first, each prefix once.
    pub(super) fn namespaces_in_scope(self) -> Vec<(&'t str, &'t str)> {
        let mut found: Vec<(&str, &str)> = Vec::new();
        let mut next = Some(self.id);
        while let Some(id) = next {
            if let Some(element) = self.document.element(id) {
                for (prefix, namespace) in &element.namespace_declarations {
                    if !found.iter().any(|(known, _)| *known == prefix.as_ref()) {
                        found.push((prefix, namespace));
                    }
                }
            }
            next = self.document.parent(id);
        }
        found
    }
}

/// `text` as content or attribute value.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                escaped.push_str("&#");
                escaped.push_str(&u32::from(character).to_string());
                escaped.push(';');
            }
            other => escaped.push(other),
        }
    }
    escaped
}

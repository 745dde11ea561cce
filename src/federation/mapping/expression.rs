//! One CEL expression with bounds: what it may call, how deep it may nest, and how much work and memory it may cost.
//!
//! CEL always terminates, but not always soon: nested loops multiply, and a chain of `.map(a, a + a)` doubles a value
//! with every link. Tenants write rules and share the machine, so both are bounded before anything runs.

use cel::common::ast::{EntryExpr, Expr, IdedExpr};
use cel::objects::{Key, Map as CelMap};
use cel::{Context, Env, ExecutionError, Program, Value as Cel};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// Longest expression in bytes.
const MAX_LENGTH: usize = 1024;
/// Deepest nesting of an expression.
const MAX_DEPTH: usize = 32;
/// Most loops inside loops.
const MAX_LOOP_NESTING: u32 = 2;
/// Most `+` inside of loops.
const MAX_LOOP_ADDITIONS: u32 = 8;
/// Most steps all loops of an expression may take.
const MAX_STEPS: u64 = 1_000_000;
/// Most bytes an expression may build.
const MAX_BUILT_BYTES: u64 = 256 * 1024 * 1024;
/// Deepest nesting of claims.
const MAX_CLAIMS_DEPTH: usize = 32;
/// Stack for parsing: the parser recurses along chains such as `a.b.c`.
const PARSER_STACK: usize = 32 * 1024 * 1024;

/// Functions that rules may call. Those that multiply text (`replace`, `join`, `format`) are left out.
const FUNCTIONS: [&str; 19] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "string",
    "int",
    "uint",
    "double",
    "bool",
    "type",
    "dyn",
    "lowerAscii",
    "upperAscii",
    "trim",
    "split",
    "substring",
    "indexOf",
    "charAt",
];

fn environment() -> Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    ENVIRONMENT
        .get_or_init(|| {
            let mut env = Env::stdlib();
            // Fails only if the library declared a function twice; rules that use strings would then say so.
            let _declared = env.add_extension(cel::extensions::strings);
            Arc::new(env)
        })
        .clone()
}

/// A compiled rule.
#[derive(Debug)]
pub(super) struct Expression {
    program: Program,
    cost: Cost,
}

/// What an evaluation gave.
#[derive(Debug)]
pub(super) enum Evaluated {
    /// A value.
    Value(Value),
    /// A claim it reads was not sent.
    Absent,
    /// It failed; the reason names no value.
    Failed(String),
}

impl Expression {
    /// Compiles, and refuses what could cost too much.
    pub(super) fn compile(source: &str) -> Result<Self, String> {
        if source.trim().is_empty() {
            return Err("the expression is empty; leave the rule out instead".into());
        }
        if source.len() > MAX_LENGTH {
            return Err(format!("the expression has more than {MAX_LENGTH} bytes"));
        }
        let source = source.to_owned();
        // Its own thread: room for the parser's recursion, and a panic of the parser stays there.
        let compiling = std::thread::Builder::new()
            .stack_size(PARSER_STACK)
            .spawn(move || compile_here(&source))
            .map_err(|_| "the server is too busy to compile the expression; try again".to_owned())?;
        compiling
            .join()
            .unwrap_or_else(|_| Err("the expression cannot be parsed".into()))
    }

    /// Evaluates over one assertion.
    pub(super) fn evaluate(&self, scope: &Scope) -> Evaluated {
        if let Some(reason) = self.cost.exceeded_by(scope) {
            return Evaluated::Failed(reason.to_owned());
        }
        // The library still has a few internal assertions; a rule must not be able to end the request through one.
        match catch_unwind(AssertUnwindSafe(|| self.program.execute(&scope.context))) {
            Ok(Ok(value)) => to_json(&value, 0).map_or_else(
                || Evaluated::Failed("it yields something that is neither text, number, bool, list nor map".into()),
                Evaluated::Value,
            ),
            Ok(Err(ExecutionError::NoSuchKey(_))) => Evaluated::Absent,
            Ok(Err(error)) => Evaluated::Failed(explain(&error)),
            Err(_) => Evaluated::Failed("the expression cannot be evaluated".into()),
        }
    }
}

fn compile_here(source: &str) -> Result<Expression, String> {
    let program = environment()
        .compile(source)
        .map_err(|failed| match failed.errors.first() {
            Some(first) => format!("line {}, column {}: {}", first.pos.0, first.pos.1, first.msg),
            None => "the expression cannot be parsed".to_owned(),
        })?;
    let mut survey = Survey {
        names: vec!["claims".to_owned(), "idp".to_owned()],
        cost: Cost::default(),
    };
    survey.walk(program.expression(), 0, 0)?;
    let mut cost = survey.cost;
    cost.literal = source.len() as u64;
    if cost.loop_nesting > MAX_LOOP_NESTING {
        return Err(format!(
            "loops (map, filter, all, exists) may be nested {MAX_LOOP_NESTING} deep at most"
        ));
    }
    if cost.loop_additions > MAX_LOOP_ADDITIONS {
        return Err(format!(
            "at most {MAX_LOOP_ADDITIONS} additions (+) may stand inside loops"
        ));
    }
    Ok(Expression { program, cost })
}

/// What an expression may cost, as far as its text tells.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    /// Depth of loops in loops.
    loop_nesting: u32,
    /// `+` inside of loops, each of which may double what it is applied to.
    loop_additions: u32,
    /// Whether text may become a list as long as the text.
    splits: bool,
    /// Length of the source: bound for lists and texts written in it.
    literal: u64,
}

impl Cost {
    /// The reason why it costs too much with these claims.
    fn exceeded_by(&self, scope: &Scope) -> Option<&'static str> {
        if self.loop_nesting == 0 {
            return None; // then cost is linear in the claims, whose size is capped where they are fetched
        }
        let doubled = 1_u64 << self.loop_additions.min(MAX_LOOP_ADDITIONS);
        let text = scope.longest_text.max(self.literal);
        let list = if self.splits {
            scope.longest_list.max(text)
        } else {
            scope.longest_list
        }
        .max(self.literal / 2);
        let steps = list.saturating_pow(self.loop_nesting).saturating_mul(doubled);
        if steps > MAX_STEPS {
            return Some("there are too many values for its loops");
        }
        (steps.saturating_mul(text) > MAX_BUILT_BYTES).then_some("the claims are too large for its loops")
    }
}

/// Walks the syntax tree once.
struct Survey {
    /// Variables in scope.
    names: Vec<String>,
    cost: Cost,
}

impl Survey {
    fn walk(&mut self, node: &IdedExpr, depth: usize, loops: u32) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("the expression nests more than {MAX_DEPTH} deep"));
        }
        let below = depth + 1;
        match &node.expr {
            Expr::Unspecified | Expr::Struct(_) => Err("typed messages are not available in rules".into()),
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => {
                let known = self.names.contains(name) || FUNCTIONS.contains(&name.as_str());
                if known {
                    Ok(())
                } else {
                    Err(format!("unknown name {name}; rules see claims and idp"))
                }
            }
            Expr::Select(select) => self.walk(&select.operand, below, loops),
            Expr::List(list) => list
                .elements
                .iter()
                .try_for_each(|element| self.walk(element, below, loops)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.walk(&entry.key, below, loops)?;
                    self.walk(&entry.value, below, loops)
                }
                EntryExpr::StructField(field) => self.walk(&field.value, below, loops),
            }),
            Expr::Call(call) => {
                let name = call.func_name.as_str();
                let operator = name.starts_with(['_', '!', '-', '@']);
                if !operator && !FUNCTIONS.contains(&name) {
                    return Err(format!(
                        "unknown function {name}; available are {}",
                        FUNCTIONS.join(", ")
                    ));
                }
                self.cost.splits |= name == "split";
                // `@result + [x]` is how the map macro collects; what it adds to grows by one element only.
                let collects = matches!(call.args.first().map(|arg| &arg.expr),
                    Some(Expr::Ident(accumulator)) if accumulator.starts_with('@'));
                if name == "_+_" && loops > 0 && !collects {
                    self.cost.loop_additions = self.cost.loop_additions.saturating_add(1);
                }
                if let Some(target) = &call.target {
                    self.walk(target, below, loops)?;
                }
                call.args.iter().try_for_each(|arg| self.walk(arg, below, loops))
            }
            Expr::Comprehension(loop_) => {
                self.cost.loop_nesting = self.cost.loop_nesting.max(loops + 1);
                // What is looped over counts as inside, since the chain `x.map(..).map(..)` hands results on.
                self.walk(&loop_.iter_range, below, loops.max(1))?;
                self.walk(&loop_.accu_init, below, loops + 1)?;
                let outer = self.names.len();
                self.names.push(loop_.iter_var.clone());
                self.names.extend(loop_.iter_var2.clone());
                self.names.push(loop_.accu_var.clone());
                let inside = [&loop_.loop_cond, &loop_.loop_step, &loop_.result];
                let walked = inside
                    .into_iter()
                    .try_for_each(|part| self.walk(part, below, loops + 1));
                self.names.truncate(outer);
                walked
            }
        }
    }
}

/// The variables of one sign-in, converted once for all rules.
pub(super) struct Scope {
    context: Context<'static, 'static>,
    longest_list: u64,
    longest_text: u64,
}

impl Scope {
    /// Fails for claims that are nested too deeply to be walked safely.
    pub(super) fn new(claims: &Map<String, Value>, idp: &str) -> Result<Self, &'static str> {
        let mut scope = Self {
            context: Context::with_env(environment()),
            longest_list: 0,
            longest_text: idp.len() as u64,
        };
        let claims = scope.map(claims, 0)?;
        scope.context.add_variable_from_value("claims", claims);
        scope.context.add_variable_from_value("idp", idp);
        Ok(scope)
    }

    fn map(&mut self, members: &Map<String, Value>, depth: usize) -> Result<Cel, &'static str> {
        self.longest_list = self.longest_list.max(members.len() as u64);
        let mut converted = HashMap::with_capacity(members.len());
        for (name, value) in members {
            self.longest_text = self.longest_text.max(name.len() as u64);
            converted.insert(Key::from(name.as_str()), self.value(value, depth + 1)?);
        }
        Ok(Cel::Map(CelMap {
            map: Arc::new(converted),
        }))
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<Cel, &'static str> {
        if depth > MAX_CLAIMS_DEPTH {
            return Err("the claims are nested too deeply");
        }
        Ok(match value {
            Value::Null => Cel::Null,
            Value::Bool(bool) => Cel::Bool(*bool),
            Value::Number(number) => number
                .as_i64()
                .map(Cel::Int)
                .or_else(|| number.as_u64().map(Cel::UInt))
                .unwrap_or_else(|| Cel::Float(number.as_f64().unwrap_or(f64::NAN))),
            Value::String(text) => {
                self.longest_text = self.longest_text.max(text.len() as u64);
                Cel::String(Arc::new(text.clone()))
            }
            Value::Array(items) => {
                self.longest_list = self.longest_list.max(items.len() as u64);
                let items: Result<Vec<Cel>, _> = items.iter().map(|item| self.value(item, depth + 1)).collect();
                Cel::List(Arc::new(items?))
            }
            Value::Object(members) => self.map(members, depth)?,
        })
    }
}

/// CEL's value as JSON; `None` for types, functions and the like.
fn to_json(value: &Cel, depth: usize) -> Option<Value> {
    if depth > MAX_CLAIMS_DEPTH + MAX_DEPTH {
        return None;
    }
    match value {
        Cel::Null => Some(Value::Null),
        Cel::Bool(bool) => Some(Value::Bool(*bool)),
        Cel::Int(number) => Some(Value::from(*number)),
        Cel::UInt(number) => Some(Value::from(*number)),
        Cel::Float(number) => Some(Value::from(*number)),
        Cel::String(text) => Some(Value::String(text.to_string())),
        Cel::List(items) => items
            .iter()
            .map(|item| to_json(item, depth + 1))
            .collect::<Option<_>>()
            .map(Value::Array),
        Cel::Map(map) => map
            .map
            .iter()
            .map(|(key, value)| Some((key.to_string(), to_json(value, depth + 1)?)))
            .collect::<Option<_>>()
            .map(Value::Object),
        _ => None,
    }
}

/// The library's own messages print values, which are claims of a patient or clinician. These name types only.
fn explain(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchOverload(overload) => {
            let types = overload.argument_types().join(", ");
            format!("{} cannot be applied to ({types})", plain_operator(overload.function()))
        }
        ExecutionError::UnsupportedBinaryOperator(operator, left, right) => {
            format!(
                "{} cannot be applied to ({}, {})",
                plain_operator(operator),
                left.type_of(),
                right.type_of()
            )
        }
        ExecutionError::NotSupportedAsMethod { method, target } => {
            format!("{method} cannot be called on a {}", target.type_of())
        }
        ExecutionError::UnsupportedIndex(index, target) => {
            format!("a {} has no element for a {}", target.type_of(), index.type_of())
        }
        ExecutionError::UnexpectedType { got, want } => format!("a {want} is needed, and this is a {got}"),
        ExecutionError::UndeclaredReference(name) => format!("{name} is not known"),
        ExecutionError::IndexOutOfBounds(_) => "the list has no element at that place".into(),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "division by zero".into(),
        ExecutionError::Overflow(..) => "a number became too large".into(),
        ExecutionError::ValuesNotComparable(..) => "values of different types are compared".into(),
        ExecutionError::FunctionError { function, .. } => format!("{function} cannot work on this value"),
        ExecutionError::InvalidArgumentCount { expected, actual } => {
            format!("a function takes {expected} arguments, and was given {actual}")
        }
        ExecutionError::DuplicateKey(_) => "a map has the same key twice".into(),
        _ => "a value has a type that does not fit here".into(),
    }
}

/// `_+_` as `+`.
fn plain_operator(name: &str) -> &str {
    let plain = name.trim_matches(['_', '@']);
    if plain.is_empty() { name } else { plain }
}

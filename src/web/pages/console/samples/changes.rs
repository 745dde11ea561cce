//! The history of the configuration.

use super::*;

pub(super) fn undo_offer() -> UndoOffer {
    UndoOffer {
        csrf: csrf("change undo"),
        action: at("/changes/019aa3f2-0000-7000-8000-000000000001/undo"),
        to: "apps/growth-chart".to_owned(),
        change: at("/changes/019aa3f2-0000-7000-8000-000000000001"),
    }
}

pub(super) fn member_rows(collection: &Collection) -> Vec<MemberRow> {
    vec![
        MemberRow {
            member: "redirect_uris".to_owned(),
            before: vec!["https://growth.example/callback".to_owned()],
            after: vec![
                "https://growth.example/v2/callback".to_owned(),
                "https://tablet.growth.example/callback".to_owned(),
            ],
        },
        MemberRow {
            member: "publisher".to_owned(),
            before: Vec::new(),
            after: vec![collection.flavour.of("Paediatric Tools Ltd").to_owned()],
        },
    ]
}

impl Collection {
    pub(super) fn add_console_changes(&mut self) {
        let sources = [
            "console",
            "api",
            "command_line",
            "apply",
            "rollback",
            "registration",
            "setup",
            "else",
        ];
        let row = |number: usize, source: &str| ChangeRow {
            at: NOW,
            who: "acc_01jd7v0x8m6kqz5t9n2r4w8y3b".to_owned(),
            own: number == 0,
            source: source.to_owned(),
            kind: ChangedThing::ALL[number % 4],
            name: self.flavour.of("growth-chart").to_owned(),
            action: ["created", "updated", "removed"][number % 3],
            reason: (number == 1).then(|| self.flavour.of("The maker moved its server").to_owned()),
            href: at("/changes/019aa3f2-0000-7000-8000-000000000001"),
        };
        let rows: Vec<_> = sources
            .iter()
            .enumerate()
            .map(|(number, source)| row(number, source))
            .collect();
        for (name, rows) in [("found", rows.clone()), ("none", Vec::new())] {
            let page = ConsoleChanges {
                frame: frame(self, Section::History),
                action: at("/changes"),
                kind: (name == "none").then_some(ChangedThing::App),
                kinds: std::iter::once(None)
                    .chain(ChangedThing::ALL.map(Some))
                    .map(|kind| (kind, at("/changes?kind=app")))
                    .collect(),
                name: self.flavour.of("growth-chart").to_owned(),
                next: (!rows.is_empty()).then(|| at("/changes?before=x")),
                rows,
            };
            self.add(&format!("console_changes-{name}"), &page);
        }
        for (name, number) in [("created", 3), ("updated", 1), ("refused", 2), ("undone", 4)] {
            let page = ConsoleChange {
                frame: frame(self, Section::History),
                back: at("/changes"),
                row: rows[number].clone(),
                thing: (name != "undone").then(|| at("/apps/growth-chart")),
                others: at("/changes?kind=app&name=growth-chart"),
                members: if name == "undone" {
                    Vec::new()
                } else {
                    member_rows(self)
                },
                undo: (name != "undone").then(|| ChangeUndo {
                    csrf: csrf("change undo"),
                    action: at("/changes/1/undo"),
                    changed_since: name == "refused",
                    removes: name == "created",
                    problem: (name == "refused").then(|| {
                        self.flavour
                            .of("it was changed by somebody else meanwhile; look at it and try again")
                            .to_owned()
                    }),
                }),
                undone: name == "undone",
            };
            self.add(&format!("console_change-{name}"), &page);
        }
    }
}

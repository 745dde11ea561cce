//! The reference of the command line: `docs/cli.md`, written from the definitions that it is parsed by.

use clap::{Arg, ArgAction, Command, CommandFactory as _};
use std::fmt::Write as _;

const HEAD: &str = "# The command line

Written by `wardkey config commands`.

`wardkey COMMAND --help` says the same in the terminal. Results go to standard output, messages to standard error. Exit codes: 0
done, 1 failed, 2 wrong usage, 3 not found, 4 the input is not in order or contradicts what exists, 5 there is a difference and
`--exit-code` was given, 6 not signed in or not allowed.

Every command takes these:

";

/// The text of `docs/cli.md`.
pub(super) fn text() -> String {
    let mut command = super::Cli::command();
    command.build();
    let mut text = HEAD.to_owned();
    table(&mut text, &command, Arg::is_global_set);
    text.push('\n');
    for section in shown(&command) {
        let name = format!("wardkey {}", section.get_name());
        let _ = writeln!(text, "## {name}\n");
        if shown(section).next().is_none() {
            leaf(&mut text, section);
        } else {
            about(&mut text, section);
            nested(&mut text, section, &name);
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn nested(text: &mut String, section: &Command, name: &str) {
    for command in shown(section) {
        let name = format!("{name} {}", command.get_name());
        let _ = writeln!(text, "### {name}\n");
        leaf(text, command);
        nested(text, command, &name);
    }
}

/// The commands below one that people are shown.
fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

fn about(text: &mut String, command: &Command) {
    if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
        let about = about.to_string();
        let stop = if about.ends_with('.') { "" } else { "." };
        let _ = writeln!(text, "{about}{stop}\n");
    }
}

fn leaf(text: &mut String, command: &Command) {
    about(text, command);
    let own = |argument: &Arg| !argument.is_global_set();
    if command
        .get_arguments()
        .any(|argument| own(argument) && is_shown(argument))
    {
        table(text, command, own);
        text.push('\n');
    }
}

fn is_shown(argument: &Arg) -> bool {
    !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version")
}

fn table(text: &mut String, command: &Command, which: impl Fn(&Arg) -> bool) {
    text.push_str("| argument | what it is | |\n| --- | --- | --- |\n");
    for argument in command
        .get_arguments()
        .filter(|argument| which(argument) && is_shown(argument))
    {
        let help = argument.get_long_help().or_else(|| argument.get_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "| `{}` | {} | {} |", name(argument), cell(&help), facts(argument));
    }
}

fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

/// How the argument is typed.
fn name(argument: &Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default();
    let values: Vec<&str> = values.iter().map(clap::builder::Str::as_str).collect();
    let values = values.join(" ");
    if argument.is_positional() {
        return values;
    }
    let short = argument.get_short().map(|short| format!("-{short}, "));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let typed = format!("{}{}", short.unwrap_or_default(), long.unwrap_or_default());
    if argument.get_action().takes_values() {
        format!("{typed} {values}")
    } else {
        typed
    }
}

/// What else there is to know: whether it is required, its values, its default.
fn facts(argument: &Arg) -> String {
    let mut facts = Vec::new();
    if argument.is_required_set() {
        facts.push("required".to_owned());
    }
    if matches!(argument.get_action(), ArgAction::Append) {
        facts.push("may be repeated".to_owned());
    }
    if argument.get_action().takes_values() {
        let values = argument.get_possible_values();
        let values: Vec<String> = values
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        if !values.is_empty() {
            facts.push(format!("one of {}", values.join(", ")));
        }
        let defaults: Vec<String> = argument
            .get_default_values()
            .iter()
            .map(|value| value.to_string_lossy().into_owned())
            .filter(|value| !value.is_empty())
            .collect();
        if !defaults.is_empty() {
            facts.push(format!("default `{}`", defaults.join(" ")));
        }
    }
    if let Some(variable) = argument.get_env() {
        facts.push(format!("or the variable `{}`", variable.to_string_lossy()));
    }
    facts.join("; ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_in_the_documentation_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == super::text(),
            "run: cargo run -- config commands > docs/cli.md"
        );
    }

    #[test]
    fn every_command_and_argument_says_what_it_is() {
        for line in super::text().lines().filter(|line| line.starts_with("| `")) {
            let words = line.split(" | ").nth(1).unwrap_or_default();
            assert!(!words.trim().is_empty(), "{line}");
        }
    }
}

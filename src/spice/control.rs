//! Commands of a control block that can be given again to a circuit that stays loaded.

use super::reader::first_word;

/// They run analyses and work on what these leave; none changes the circuit.
const COMMANDS: [&str; 27] = [
    "op",
    "ac",
    "dc",
    "tran",
    "noise",
    "tf",
    "pz",
    "sens",
    "run",
    "let",
    "unlet",
    "set",
    "setplot",
    "meas",
    "measure",
    "print",
    "echo",
    "if",
    "else",
    "end",
    "while",
    "dowhile",
    "foreach",
    "repeat",
    "linearize",
    "fft",
    "compose",
];
/// Variables that no circuit reads; any other may be an option of the one that is loaded.
const VARIABLES: [&str; 8] =
    ["num_threads", "numdgt", "units", "filetype", "noaskquit", "nomoremode", "width", "height"];
/// Where a `>` compares; elsewhere it writes to a file.
const COMPARING: [&str; 4] = ["if", "while", "dowhile", "let"];

/// The commands as ngspice takes them from a netlist; `None` where one is not sure to do the same the second time.
pub(super) fn repeatable<'a>(lines: impl Iterator<Item = &'a String>) -> Option<Vec<String>> {
    let mut commands = Vec::new();
    for line in lines {
        let text = line.trim();
        if text.is_empty() || text.starts_with('*') {
            continue;
        }
        let word = first_word(text);
        let odd = text.contains([';', '`', '{', '}', '\\', '\0'])
            || text.contains("$ ")
            || text.contains("//")
            || text.starts_with('+')
            || (text.contains(['>', '<']) && !COMPARING.contains(&word.as_str()));
        if odd || !COMMANDS.contains(&word.as_str()) {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        let sound = match word.as_str() {
            "set" => sets_no_option(&lower),
            // an expression over the netlist's parameters
            "meas" | "measure" => !lower.contains("param"),
            _ => true,
        };
        if !sound {
            return None;
        }
        // the words of an `echo` alone keep their letters
        commands.push(if word == "echo" { text.to_owned() } else { lower });
    }
    (!commands.is_empty()).then_some(commands)
}

/// Whether a `set` gives one variable a value that is no option: one of its own that keeps a plot's name, or one that
/// only shows something.
fn sets_no_option(text: &str) -> bool {
    let (name, value) = given(text);
    let plot = value == "$curplot" && name.starts_with(|c: char| c.is_ascii_alphabetic());
    let one = |text: &str| !text.contains(char::is_whitespace);
    one(name) && (plot || VARIABLES.contains(&name) && one(value))
}

/// The variable of a `set` and its value.
fn given(text: &str) -> (&str, &str) {
    let rest = text.strip_prefix("set").unwrap_or_default();
    let (name, value) = rest.split_once('=').unwrap_or((rest, ""));
    (name.trim(), value.trim())
}

/// The variables that repeatable commands set, and their values.
pub(super) fn variables(commands: &[String]) -> Vec<(String, String)> {
    let sets = commands.iter().filter(|command| first_word(command) == "set");
    sets.map(|command| given(command)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::{repeatable, variables};

    fn of(text: &str) -> Option<Vec<String>> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        repeatable(lines.iter())
    }

    #[test]
    fn analyses_and_what_is_worked_out_of_them_can_be_repeated() {
        let text = "set numdgt=9\n* a remark\nAC dec 20 1 1meg\nset acplot = $curplot\nlet Gain = db(out[0])\n\
                    if Gain > 3\necho \"Gain = $&gain\"\nend";
        let commands = of(text).expect("nothing in it changes the circuit");
        assert_eq!(
            commands,
            [
                "set numdgt=9",
                "ac dec 20 1 1meg",
                "set acplot = $curplot",
                "let gain = db(out[0])",
                "if gain > 3",
                "echo \"Gain = $&gain\"",
                "end"
            ]
        );
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(variables(&commands), [pair("numdgt", "9"), pair("acplot", "$curplot")]);
    }

    #[test]
    fn what_changes_the_circuit_or_is_not_understood_cannot() {
        for text in [
            "",
            "op\nalter vdd = 1",
            "op\nalterparam w1=1u",
            "option reltol=1e-3\nop",
            "set temp = 50\nop",
            "set reltol=1e-3 numdgt=9\nop",
            "set a b\nop",
            "op\nreset",
            "op\nshell ls",
            "op\nwrite out.raw",
            "op\nprint v(out) > file",
            "op; alter vdd = 1",
            "op $ remark",
            "op\nlet a = 1\n+ 2",
            "ac dec 20 1 1meg\nmeas ac x param='w1*2'",
            "source other.cir",
            "$command",
            "if 1 > 0\nquit 1\nend",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}

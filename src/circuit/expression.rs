//! Arithmetic over named values, as netlists write it: `2*W5`, `{w/nf}`, `max(1u, 0.18*l)`.
//!
//! Numbers take SPICE's scale factors (ngspice manual, section 2.1.5: `t g meg k mil m u n p f a`, and letters
//! behind one are its unit), names go by lower case. `^` and `**` are powers; both bind to the right.

use std::fmt;

/// Deeper brackets and longer texts than these are refused: reading, valuing and dropping are recursive.
const DEEPEST: usize = 100;
const LONGEST: usize = 4000;

/// An expression, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(Node);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Name(String),
    Negative(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// What can be called: name, number of arguments, value.
#[derive(Clone, Copy)]
struct Function {
    name: &'static str,
    arguments: usize,
    value: fn(&[f64]) -> f64,
}

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const FUNCTIONS: &[Function] = &[
    Function { name: "abs", arguments: 1, value: |x| x[0].abs() },
    Function { name: "sqrt", arguments: 1, value: |x| x[0].sqrt() },
    Function { name: "exp", arguments: 1, value: |x| x[0].exp() },
    Function { name: "ln", arguments: 1, value: |x| x[0].ln() },
    Function { name: "log", arguments: 1, value: |x| x[0].ln() },
    Function { name: "log10", arguments: 1, value: |x| x[0].log10() },
    Function { name: "db", arguments: 1, value: |x| 20.0 * x[0].abs().log10() },
    Function { name: "floor", arguments: 1, value: |x| x[0].floor() },
    Function { name: "ceil", arguments: 1, value: |x| x[0].ceil() },
    Function { name: "nint", arguments: 1, value: |x| x[0].round_ties_even() },
    Function { name: "int", arguments: 1, value: |x| x[0].trunc() },
    Function { name: "sgn", arguments: 1, value: |x| if x[0] == 0.0 { 0.0 } else { x[0].signum() } },
    Function { name: "min", arguments: 2, value: |x| x[0].min(x[1]) },
    Function { name: "max", arguments: 2, value: |x| x[0].max(x[1]) },
    Function { name: "pow", arguments: 2, value: |x| x[0].powf(x[1]) },
];

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}`: {problem}", super::shortened(text, 80))]
pub struct ExpressionError {
    /// The text given.
    pub text: String,
    /// What is wrong with it and what would do.
    pub problem: String,
}

impl Expression {
    /// Reads an expression; one pair of `{ }` or `' '` around it belongs to the netlist and is left out.
    ///
    /// # Errors
    /// [`ExpressionError`] says what was not understood.
    pub fn parse(text: &str) -> Result<Expression, ExpressionError> {
        let wrong = |problem: String| ExpressionError { text: text.to_owned(), problem };
        if text.len() > LONGEST {
            return Err(wrong(format!("it has more than {LONGEST} characters")));
        }
        let bare = text.trim();
        let bare = bare.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(bare);
        let bare = bare.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')).unwrap_or(bare);
        let mut reader = Reader { rest: bare, depth: 0 };
        let node = reader.sum().map_err(wrong)?;
        match reader.peek() {
            None => Ok(Expression(node)),
            Some(c) => Err(wrong(format!("`{c}` is not expected here: write sums, products and powers"))),
        }
    }

    /// The value, each name's taken from `value_of`; `None` where a name has none.
    pub fn value(&self, value_of: &mut dyn FnMut(&str) -> Option<f64>) -> Option<f64> {
        self.0.value(value_of)
    }

    /// The name that it is, if it is no more than that.
    pub fn is_name(&self) -> Option<&str> {
        match &self.0 {
            Node::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Puts other names in the place of those that `other` gives one for.
    pub(super) fn rename(&mut self, other: &mut dyn FnMut(&str) -> Option<String>) {
        self.0.rename(other);
    }

    /// The names that it depends on, in lower case, each as often as it stands there.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.0.names(&mut names);
        names
    }
}

impl Node {
    fn value(&self, value_of: &mut dyn FnMut(&str) -> Option<f64>) -> Option<f64> {
        Some(match self {
            Node::Number(value) => *value,
            Node::Name(name) => value_of(name)?,
            Node::Negative(of) => -of.value(value_of)?,
            Node::Binary(operator, left, right) => {
                let (a, b) = (left.value(value_of)?, right.value(value_of)?);
                match operator {
                    Operator::Add => a + b,
                    Operator::Subtract => a - b,
                    Operator::Multiply => a * b,
                    Operator::Divide => a / b,
                    Operator::Power => a.powf(b),
                }
            }
            Node::Call(function, arguments) => {
                let values: Option<Vec<f64>> = arguments.iter().map(|a| a.value(value_of)).collect();
                (function.value)(&values?)
            }
        })
    }

    fn rename(&mut self, other: &mut dyn FnMut(&str) -> Option<String>) {
        match self {
            Node::Number(_) => {}
            Node::Name(name) => *name = other(name).unwrap_or_else(|| std::mem::take(name)),
            Node::Negative(of) => of.rename(other),
            Node::Binary(_, left, right) => [left, right].iter_mut().for_each(|side| side.rename(other)),
            Node::Call(_, arguments) => arguments.iter_mut().for_each(|argument| argument.rename(other)),
        }
    }

    fn names<'a>(&'a self, into: &mut Vec<&'a str>) {
        match self {
            Node::Number(_) => {}
            Node::Name(name) => into.push(name),
            Node::Negative(of) => of.names(into),
            Node::Binary(_, left, right) => [left, right].iter().for_each(|side| side.names(into)),
            Node::Call(_, arguments) => arguments.iter().for_each(|argument| argument.names(into)),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn takes(&mut self, symbol: &str) -> bool {
        self.peek();
        let taken = self.rest.strip_prefix(symbol);
        self.rest = taken.unwrap_or(self.rest);
        taken.is_some()
    }

    fn sum(&mut self) -> Result<Node, String> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some('+') => Operator::Add,
                Some('-') => Operator::Subtract,
                _ => return Ok(left),
            };
            self.rest = &self.rest[1..];
            left = Node::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Node, String> {
        let mut left = self.sign()?;
        loop {
            let operator = match self.peek() {
                Some('*') => Operator::Multiply,
                Some('/') => Operator::Divide,
                _ => return Ok(left),
            };
            self.rest = &self.rest[1..];
            left = Node::Binary(operator, Box::new(left), Box::new(self.sign()?));
        }
    }

    /// A sign binds less than a power: `-2^2` is −4.
    fn sign(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        let node = if self.takes("-") {
            Node::Negative(Box::new(self.sign()?))
        } else if self.takes("+") {
            self.sign()?
        } else {
            let base = self.atom()?;
            if self.takes("**") || self.takes("^") {
                Node::Binary(Operator::Power, Box::new(base), Box::new(self.sign()?))
            } else {
                base
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    fn atom(&mut self) -> Result<Node, String> {
        let first = self.peek().ok_or("something is missing at its end")?;
        if self.takes("(") {
            let inside = self.sum()?;
            return if self.takes(")") { Ok(inside) } else { Err("a `)` is missing".to_owned()) };
        }
        if first.is_ascii_digit() || first == '.' {
            let (value, rest) = spice_number(self.rest).ok_or("a number is expected")?;
            self.rest = rest;
            return Ok(Node::Number(value));
        }
        if !(first.is_alphabetic() || first == '_') {
            return Err(format!("`{first}` is not expected here: write sums, products and powers"));
        }
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let name = name.to_lowercase();
        if !self.takes("(") {
            return Ok(Node::Name(name));
        }
        let known = || FUNCTIONS.iter().map(|f| f.name).collect::<Vec<_>>().join(", ");
        let function = *FUNCTIONS
            .iter()
            .find(|f| f.name == name)
            .ok_or_else(|| format!("there is no function `{name}`: it may be {}", known()))?;
        let mut arguments = vec![self.sum()?];
        while self.takes(",") {
            arguments.push(self.sum()?);
        }
        if !self.takes(")") {
            return Err("a `)` is missing".to_owned());
        }
        if arguments.len() != function.arguments {
            return Err(format!("{name} takes {} arguments, not {}", function.arguments, arguments.len()));
        }
        Ok(Node::Call(function, arguments))
    }
}

/// A number as SPICE writes it, with its scale factor and unit, and what stands behind it; it begins with a
/// digit or a point.
pub fn spice_number(text: &str) -> Option<(f64, &str)> {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    let value: f64 = text[..end].parse().ok()?;
    let letters = text[end..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len() - end);
    let unit = text[end..end + letters].to_ascii_lowercase();
    let factor = match unit.as_bytes() {
        [b'm', b'e', b'g', ..] => 1e6,
        [b'm', b'i', b'l', ..] => 25.4e-6,
        [b't', ..] => 1e12,
        [b'g', ..] => 1e9,
        [b'k', ..] => 1e3,
        [b'm', ..] => 1e-3,
        [b'u', ..] => 1e-6,
        [b'n', ..] => 1e-9,
        [b'p', ..] => 1e-12,
        [b'f', ..] => 1e-15,
        [b'a', ..] => 1e-18,
        _ => 1.0,
    };
    Some((value * factor, &text[end + letters..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        let mut known = |name: &str| match name {
            "w1" => Some(3.0),
            "nf" => Some(2.0),
            _ => None,
        };
        Expression::parse(text).expect(text).value(&mut known)
    }

    #[test]
    fn it_reckons_as_netlists_do() {
        for (text, expected) in [
            ("{2*W1}", 6.0),
            ("'w1/nf'", 1.5),
            ("-2^2", -4.0),
            ("2**3**2", 512.0),
            ("1 + 2 * 3 - 4 / 2", 5.0),
            ("(1+2)*3", 9.0),
            ("max(w1, nf) - min(w1,nf)", 1.0),
            ("2 - -3", 5.0),
            ("db(10)", 20.0),
            ("2^-1", 0.5),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
        assert_eq!(value("w1*l9"), None);
    }

    #[test]
    fn numbers_take_scale_factors_and_units() {
        for (text, expected) in [
            ("5", 5.0),
            ("0.5u", 0.5e-6),
            ("90nm", 90e-9),
            ("1.5meg", 1.5e6),
            ("10mil", 254e-6),
            ("3mV", 3e-3),
        ] {
            let found = value(text).expect("a number");
            assert!((found / expected - 1.0).abs() < 1e-12, "{text}: {found}");
        }
        assert_eq!(value(".5e-3"), Some(0.5e-3));
        // a bare exponent letter is a unit
        assert_eq!(value("2e"), Some(2.0));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (text, expected) in [
            ("", "missing at its end"),
            ("2*", "missing at its end"),
            ("(2", "`)` is missing"),
            ("2 3", "`3` is not expected"),
            ("a == b", "`=` is not expected"),
            ("agauss(1,2,3)", "there is no function `agauss`"),
            ("min(1)", "takes 2 arguments"),
        ] {
            let error = Expression::parse(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let deep = "(".repeat(3000);
        assert!(Expression::parse(&deep).expect_err("deep").to_string().contains("nested too deeply"));
        assert!(Expression::parse(&"-".repeat(3000)).is_err());
        let long = "1+".repeat(5000) + "1";
        assert!(Expression::parse(&long).expect_err("long").to_string().contains("more than 4000"));
    }

    #[test]
    fn its_names_are_listed() {
        assert_eq!(Expression::parse("2*W5 + max(l3, W5)").expect("sound").names(), ["w5", "l3", "w5"]);
    }
}

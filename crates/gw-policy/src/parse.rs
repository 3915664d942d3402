//! Tokens to a tree, by precedence. It recurses once per bracket, ternary or run of prefixes, within
//! [`MAX_NESTING`], and refuses trees above [`MAX_HEIGHT`]. It must not look at what names mean.

use crate::ast::{Ast, Node, Operator};
use crate::error::CompileError;
use crate::lex::{Kind, Token};
use crate::limits::{MAX_HEIGHT, MAX_NESTING};

/// Reads a whole text.
pub(crate) fn parse(tokens: Vec<Token>) -> Result<Ast, CompileError> {
    let mut parser = Parser { tokens, at: 0, nesting: 0 };
    let tree = parser.expression()?;
    match parser.peek() {
        Kind::End => Ok(tree),
        other => Err(CompileError::new(parser.column(), format!("unexpected {}", name_of(other)))),
    }
}

/// Words that are no names in CEL, or will not be.
const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

type Parsed = Result<Ast, CompileError>;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    nesting: usize,
}

impl Parser {
    fn peek(&self) -> &Kind {
        self.tokens.get(self.at).map_or(&Kind::End, |token| &token.kind)
    }

    fn column(&self) -> u32 {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |token| token.column)
    }

    fn advance(&mut self) -> Kind {
        let kind = self.peek().clone();
        self.at += 1;
        kind
    }

    /// Takes the sign if it is the next token.
    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Kind::Sign(next) if *next == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), CompileError> {
        if self.takes(sign) {
            return Ok(());
        }
        let found = name_of(self.peek());
        Err(CompileError::new(self.column(), format!("expected `{sign}`, found {found}")))
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, CompileError>,
    ) -> Result<T, CompileError> {
        if self.nesting >= MAX_NESTING {
            return Err(CompileError::new(self.column(), format!("nested deeper than {MAX_NESTING} levels")));
        }
        self.nesting += 1;
        let found = inner(self);
        self.nesting -= 1;
        found
    }

    fn expression(&mut self) -> Parsed {
        let condition = self.or()?;
        let column = self.column();
        if !self.takes("?") {
            return Ok(condition);
        }
        self.nested(|parser| {
            let yes = parser.or()?;
            parser.expect(":")?;
            let no = parser.expression()?;
            let height = condition.height.max(yes.height).max(no.height);
            made(column, height, Node::Choice(Box::new((condition, yes, no))))
        })
    }

    fn or(&mut self) -> Parsed {
        self.chain("||", Self::and, Node::Or)
    }

    fn and(&mut self) -> Parsed {
        self.chain("&&", |parser| parser.binary(0), Node::And)
    }

    fn chain(&mut self, sign: &str, part: fn(&mut Self) -> Parsed, node: fn(Vec<Ast>) -> Node) -> Parsed {
        let first = part(self)?;
        let column = self.column();
        if !self.takes(sign) {
            return Ok(first);
        }
        let mut parts = vec![first, part(self)?];
        while self.takes(sign) {
            parts.push(part(self)?);
        }
        made(column, tallest(&parts), node(parts))
    }

    /// Comparisons (0), sums (1) and products (2), from the left.
    fn binary(&mut self, level: u8) -> Parsed {
        let part = |parser: &mut Self| if level < 2 { parser.binary(level + 1) } else { parser.prefixed() };
        let mut left = part(self)?;
        loop {
            let column = self.column();
            let Some((operator, own)) = operator_of(self.peek()) else { return Ok(left) };
            if own != level {
                return Ok(left);
            }
            self.at += 1;
            let right = part(self)?;
            let height = left.height.max(right.height);
            left = made(column, height, Node::Binary(operator, Box::new(left), Box::new(right)))?;
        }
    }

    fn prefixed(&mut self) -> Parsed {
        let column = self.column();
        if self.takes("!") {
            return self.nested(|parser| {
                let of = parser.prefixed()?;
                made(column, of.height, Node::Not(Box::new(of)))
            });
        }
        if self.takes("-") {
            // The smallest number has no positive counterpart.
            if let Kind::Int(number) = *self.peek() {
                self.at += 1;
                let number = 0_i64.checked_sub_unsigned(number);
                let number = number.ok_or_else(|| CompileError::new(column, "the number does not fit"))?;
                let literal = made(column, 0, Node::Int(number))?;
                return self.postfixed(literal);
            }
            return self.nested(|parser| {
                let of = parser.prefixed()?;
                made(column, of.height, Node::Negative(Box::new(of)))
            });
        }
        let primary = self.primary()?;
        self.postfixed(primary)
    }

    fn postfixed(&mut self, mut of: Ast) -> Parsed {
        loop {
            let column = self.column();
            if self.takes(".") {
                let column = self.column();
                let Kind::Name(name) = self.advance() else {
                    return Err(CompileError::new(column, "expected a member's name behind `.`"));
                };
                of = if self.takes("(") {
                    let arguments = self.nested(|parser| parser.list(")"))?;
                    let height = of.height.max(tallest(&arguments));
                    made(column, height, Node::Call(Some(Box::new(of)), name, arguments))?
                } else {
                    made(column, of.height, Node::Member(Box::new(of), name))?
                };
            } else if self.takes("[") {
                let index = self.nested(Self::expression)?;
                self.expect("]")?;
                let height = of.height.max(index.height);
                of = made(column, height, Node::Index(Box::new(of), Box::new(index)))?;
            } else {
                return Ok(of);
            }
        }
    }

    fn primary(&mut self) -> Parsed {
        let column = self.column();
        let node = match self.advance() {
            Kind::Int(number) => {
                let number = i64::try_from(number);
                Node::Int(number.map_err(|_| CompileError::new(column, "the number does not fit"))?)
            }
            Kind::Double(number) => Node::Double(number),
            Kind::Text(text) => Node::Text(text),
            Kind::Name(name) => return self.named(column, name),
            Kind::Sign("(") => {
                let inner = self.nested(Self::expression)?;
                self.expect(")")?;
                return Ok(inner);
            }
            Kind::Sign("[") => {
                let elements = self.nested(|parser| parser.list("]"))?;
                return made(column, tallest(&elements), Node::List(elements));
            }
            Kind::Sign("{") => {
                let entries = self.nested(Self::entries)?;
                let height = entries.iter().map(|(key, value)| key.height.max(value.height)).max();
                return made(column, height.unwrap_or(0), Node::Map(entries));
            }
            other => {
                let message = format!("expected an expression, found {}", name_of(&other));
                return Err(CompileError::new(column, message));
            }
        };
        made(column, 0, node)
    }

    fn named(&mut self, column: u32, name: String) -> Parsed {
        let node = match name.as_str() {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            "null" => Node::Null,
            word if RESERVED.contains(&word) => {
                return Err(CompileError::new(column, format!("`{word}` is a reserved word")));
            }
            _ if self.takes("(") => {
                let arguments = self.nested(|parser| parser.list(")"))?;
                return made(column, tallest(&arguments), Node::Call(None, name, arguments));
            }
            _ => Node::Name(name),
        };
        made(column, 0, node)
    }

    /// Expressions up to the closing bracket; a comma may stand behind the last.
    fn list(&mut self, closing: &str) -> Result<Vec<Ast>, CompileError> {
        let mut elements = Vec::new();
        while !self.takes(closing) {
            elements.push(self.expression()?);
            if !self.takes(",") {
                self.expect(closing)?;
                break;
            }
        }
        Ok(elements)
    }

    fn entries(&mut self) -> Result<Vec<(Ast, Ast)>, CompileError> {
        let mut entries = Vec::new();
        while !self.takes("}") {
            let key = self.expression()?;
            self.expect(":")?;
            entries.push((key, self.expression()?));
            if !self.takes(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(entries)
    }
}

fn tallest(parts: &[Ast]) -> usize {
    parts.iter().map(|part| part.height).max().unwrap_or(0)
}

/// A node above parts of that height.
fn made(column: u32, below: usize, node: Node) -> Parsed {
    let height = below + 1;
    if height > MAX_HEIGHT {
        return Err(CompileError::new(column, format!("more than {MAX_HEIGHT} operations on one another")));
    }
    Ok(Ast { column, height, node })
}

fn operator_of(token: &Kind) -> Option<(Operator, u8)> {
    Some(match token {
        Kind::Sign("==") => (Operator::Equal, 0),
        Kind::Sign("!=") => (Operator::Unequal, 0),
        Kind::Sign("<") => (Operator::Less, 0),
        Kind::Sign("<=") => (Operator::LessOrEqual, 0),
        Kind::Sign(">") => (Operator::Greater, 0),
        Kind::Sign(">=") => (Operator::GreaterOrEqual, 0),
        Kind::Name(word) if word == "in" => (Operator::In, 0),
        Kind::Sign("+") => (Operator::Add, 1),
        Kind::Sign("-") => (Operator::Subtract, 1),
        Kind::Sign("*") => (Operator::Multiply, 2),
        Kind::Sign("/") => (Operator::Divide, 2),
        Kind::Sign("%") => (Operator::Remainder, 2),
        _ => return None,
    })
}

fn name_of(token: &Kind) -> String {
    match token {
        Kind::Name(name) => format!("`{name}`"),
        Kind::Sign(sign) => format!("`{sign}`"),
        Kind::Int(number) => format!("`{number}`"),
        Kind::Double(number) => format!("`{number}`"),
        Kind::Text(_) => "a text".to_owned(),
        Kind::End => "the end".to_owned(),
    }
}

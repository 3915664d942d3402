//! The tree as it is written: names are not resolved and types not known. Serves parser and checker.

/// An expression and the character that errors about it name.
#[derive(Clone, Debug)]
pub(crate) struct Ast {
    pub(crate) column: u32,
    /// Levels from here down to the farthest leaf.
    pub(crate) height: usize,
    pub(crate) node: Node,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    Name(String),
    /// `of.name`
    Member(Box<Ast>, String),
    /// `of[index]`
    Index(Box<Ast>, Box<Ast>),
    /// `name(...)`, or `of.name(...)`
    Call(Option<Box<Ast>>, String, Vec<Ast>),
    List(Vec<Ast>),
    Map(Vec<(Ast, Ast)>),
    Not(Box<Ast>),
    Negative(Box<Ast>),
    /// `&&` of all.
    And(Vec<Ast>),
    /// `||` of all.
    Or(Vec<Ast>),
    Binary(Operator, Box<Ast>, Box<Ast>),
    /// `if ? then : else`
    Choice(Box<(Ast, Ast, Ast)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

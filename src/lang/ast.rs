//! Expressions as the evaluator sees them: lowered once from `hcl::edit` (or JSON), with names shared,
//! numbers exact, heredoc indentation and `~` trimming already applied, and absolute spans.

use crate::diagnostic::Span;
use crate::value::{Data, Text, Value};
use hcl::edit::expr::{BinaryOperator, UnaryOperator};
use std::fmt;
use std::sync::Arc;

/// One expression of a source file. Cloning is a reference count.
#[derive(Clone)]
pub struct Expr(Arc<Node>);

struct Node {
    span: Span,
    kind: Kind,
}

/// What an expression is.
pub(crate) enum Kind {
    Literal(Value),
    /// Text with interpolations and directives; always a string.
    Template(Vec<Part>),
    /// `"${expr}"` and nothing else: the value itself, of whatever type.
    Unwrapped(Expr),
    List(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    Parenthesis(Expr),
    Variable(Text),
    Conditional {
        condition: Expr,
        yes: Expr,
        no: Expr,
    },
    Call(Call),
    Traversal {
        base: Expr,
        steps: Vec<Step>,
    },
    Unary {
        operator: UnaryOperator,
        operand: Expr,
    },
    Binary {
        operator: BinaryOperator,
        left: Expr,
        right: Expr,
    },
    For(Box<For>),
    /// A string of a file in JSON syntax: a template as a value, and where the language wants a name, a
    /// type or a reference, the same text read as an expression.
    Json {
        value: Expr,
        syntax: Option<Expr>,
    },
}

/// `name(args...)`.
pub(crate) struct Call {
    pub name: Text,
    pub name_span: Span,
    pub args: Vec<Expr>,
    /// Whether the last argument is followed by `...`.
    pub expand: bool,
}

/// One step of a traversal.
pub(crate) struct Step {
    pub span: Span,
    pub kind: StepKind,
}

pub(crate) enum StepKind {
    /// `.name`
    Attribute(Text),
    /// `[expr]`
    Index(Expr),
    /// `.0`
    LegacyIndex(u64),
    /// `.*`
    AttributeSplat,
    /// `[*]`
    FullSplat,
}

/// The names a `for` binds and what they run over.
pub(crate) struct Binding {
    pub key: Option<Text>,
    pub value: Text,
    pub collection: Expr,
}

/// `[for …]` or `{for …}`.
pub(crate) struct For {
    pub binding: Binding,
    /// Present for the object form.
    pub key: Option<Expr>,
    pub value: Expr,
    pub grouping: bool,
    pub condition: Option<Expr>,
}

/// One part of a template.
pub(crate) enum Part {
    Text(Text),
    Value(Expr),
    If { condition: Expr, yes: Vec<Part>, no: Vec<Part> },
    For { binding: Binding, body: Vec<Part> },
}

impl Expr {
    pub(crate) fn new(span: Span, kind: Kind) -> Self {
        Self(Arc::new(Node { span, kind }))
    }

    /// An expression that is a value already: for what comes from elsewhere than a file's text.
    pub fn literal(value: Value, span: Span) -> Self {
        Self::new(span, Kind::Literal(value))
    }

    /// The bytes of the file this expression was read from.
    pub fn span(&self) -> Span {
        self.0.span
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// The expression where the language wants a name, a type or a reference instead of a value. That is
    /// the expression itself, except in JSON, which can only write such things as strings.
    #[must_use]
    pub fn as_syntax(&self) -> &Expr {
        match self.kind() {
            Kind::Json { value, syntax } => syntax.as_ref().unwrap_or(value),
            _ => self,
        }
    }

    /// The literal value, if the expression is one: `"x"`, `3`, `true`, `null`.
    pub fn as_literal(&self) -> Option<&Value> {
        match self.kind() {
            Kind::Literal(value) => Some(value),
            Kind::Json { value, .. } => value.as_literal(),
            _ => None,
        }
    }

    /// The text of a string literal without interpolations.
    pub fn as_string(&self) -> Option<&str> {
        self.as_literal()?.as_str()
    }

    /// The name, if the expression is a single word: `aws`, `all`, `string`. The words `true`, `false`
    /// and `null` are values and no keywords.
    pub fn as_keyword(&self) -> Option<&str> {
        match self.kind() {
            Kind::Variable(name) => Some(name),
            _ => None,
        }
    }

    /// The elements, if the expression is a list written out: `[a, b]`.
    pub fn as_list(&self) -> Option<&[Expr]> {
        match self.kind() {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The items, if the expression is an object written out: `{ key = value }`. A bare word as key is
    /// a string literal; [`Expr::as_keyword`] is for values.
    pub fn as_object(&self) -> Option<&[(Expr, Expr)]> {
        match self.kind() {
            Kind::Object(items) => Some(items),
            _ => None,
        }
    }

    /// Name and arguments, if the expression is a function call (without `...`): used by type
    /// expressions.
    pub fn as_call(&self) -> Option<(&str, &[Expr])> {
        match self.kind() {
            Kind::Call(call) if !call.expand => Some((&call.name, &call.args)),
            _ => None,
        }
    }

    /// The dotted words, if the expression is nothing but names joined by dots: `aws.west`,
    /// `module.eu`.
    pub fn as_dotted(&self) -> Option<Vec<&str>> {
        match self.kind() {
            Kind::Variable(name) => Some(vec![name]),
            Kind::Traversal { base, steps } => {
                let mut words = vec![base.as_keyword()?];
                for step in steps {
                    match &step.kind {
                        StepKind::Attribute(name) => words.push(name),
                        _ => return None,
                    }
                }
                Some(words)
            }
            _ => None,
        }
    }

    /// Whether the expression is the literal `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.as_literal().map(Value::data), Some(Data::Null))
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = self.span();
        write!(f, "Expr({}:{}..{})", span.file.0, span.start, span.end)
    }
}

//! The shape of a kind's table.

use crate::value::{KeyPart, Map, Place, Text, Value};
use std::time::Duration;

/// A kind: what its blocks may hold, how AWS names its objects, and which operations change them.
#[derive(Debug)]
pub struct Schema {
    /// The block type: `addon`.
    pub kind: &'static str,
    /// Terraform's type: `aws_eks_addon`.
    pub terraform_type: &'static str,
    /// One sentence for docs and completion.
    pub summary: &'static str,
    /// Whether objects live in a region (IAM's do not).
    pub regional: bool,
    /// Whether AWS ignores the case of the natural key (IAM).
    pub ignores_case: bool,
    /// The attribute that the block's label stands for when it is omitted.
    pub named: Option<&'static str>,
    /// The attributes that make up the natural key, in order. All are strings.
    pub identity: &'static [&'static str],
    pub attributes: &'static [Attribute],
    pub operations: &'static [Operation],
    /// The operation that makes an object; it carries every attribute but those under
    /// [`Change::Elements`].
    pub create: &'static str,
    /// The operation that deletes an object.
    pub delete: &'static str,
    /// Computed attributes that follow from place, natural key and attributes.
    pub predict: Predict,
    /// Turns what the block says into the attributes that are compared (`trust` into a policy).
    pub expand: fn(&mut Map),
}

/// See [`Schema::predict`].
pub type Predict = fn(&Place, &[KeyPart], &Map) -> Vec<(&'static str, Value)>;

impl Schema {
    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// Whether objects of the kind live in a cluster, which they name.
    pub fn lives_in_cluster(&self) -> bool {
        self.attribute("cluster").is_some()
    }

    /// The attributes of an object of which nothing is said.
    pub fn defaults(&self) -> Map {
        let default = |attribute: &Attribute| match attribute.omitted {
            Omitted::Default(value) => Some((Text::new_static(attribute.name), value())),
            _ => None,
        };
        self.attributes.iter().filter_map(default).collect()
    }

    /// The operation of that id.
    pub fn operation(&self, id: &str) -> Option<&'static Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// How long somebody else's work on an object may take before this stack's is given up.
    pub fn patience(&self) -> Duration {
        self.operations.iter().map(Operation::timeout).max().unwrap_or_default()
    }

    /// A part of the natural key, compared as AWS compares it.
    pub fn key_part(&self, text: &str) -> KeyPart {
        if self.ignores_case { KeyPart::ignoring_case(text) } else { KeyPart::exact(text) }
    }
}

/// The type of an attribute.
#[derive(Clone, Copy, Debug)]
pub enum Ty {
    Bool,
    Number,
    String,
    /// Any value: a document in the language's own syntax, or its text.
    Any,
    Set(&'static Ty),
    List(&'static Ty),
    Map(&'static Ty),
    /// At most one nested block.
    Block(&'static [Attribute]),
    /// Any number of nested blocks told apart by one of their attributes; held as a map from that
    /// attribute to the block.
    Keyed {
        key: &'static str,
        attributes: &'static [Attribute],
    },
    /// Any number of nested blocks in order.
    Blocks(&'static [Attribute]),
}

/// What it means when the files do not mention an attribute.
#[derive(Clone, Copy, Debug)]
pub enum Omitted {
    Required,
    /// The setting is this, and authoritative: removing a line removes the setting.
    Default(fn() -> Value),
    /// AWS or safety decides, so it is not compared.
    FilledByAws,
    /// Never set by files. `stable` says that an update in place leaves it as it is.
    Computed {
        stable: bool,
    },
}

/// When two values mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Exact,
    /// Text without regard to ASCII case.
    IgnoreCase,
    /// Tags: without `aws:` ones.
    Tags,
    /// IAM policy documents.
    Policy,
    /// JSON or YAML text, or the same as a value.
    Document,
}

/// What a change of an attribute takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// One call of the operation, whatever of its group changed.
    InPlace(&'static str),
    /// One call per element: `put` for an added or changed one, `remove` for one that is gone. The
    /// create operation does not carry it.
    Elements { put: &'static str, remove: &'static str },
    /// One call for all added or changed elements and one for all that are gone.
    Entries { put: &'static str, remove: &'static str },
    /// Delete and create anew.
    Replace,
    /// Used when the object is created or updated; no change by itself.
    InputOnly,
    /// Never sent: turned into other attributes by [`Schema::expand`].
    Expanded,
}

/// How an attribute names another object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefersBy {
    Name,
    Arn,
}

/// The object an attribute names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefersTo {
    pub kind: &'static str,
    pub by: RefersBy,
}

/// A condition on a known value, from the AWS service models.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// A regular expression for the whole text, and what it means in words.
    Pattern {
        regex: &'static str,
        means: &'static str,
    },
    /// Characters of a text, elements of a collection.
    Length {
        min: usize,
        max: usize,
    },
    /// A whole number between the two.
    Between {
        min: i64,
        max: i64,
    },
    OneOf(&'static [&'static str]),
    /// A JSON policy document of at most that many characters, white space not counted.
    Policy {
        max: usize,
    },
    /// An ARN of a service's resource type: `("iam", "role/")`.
    Arn {
        service: &'static str,
        resource: &'static str,
    },
    /// `10.0.0.0/16`.
    Cidr,
}

/// One attribute or nested block.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    pub name: &'static str,
    /// Where Terraform has it: `vpc_config.subnet_ids`. `[0]` is implied for blocks.
    pub terraform: &'static str,
    pub doc: &'static str,
    pub ty: Ty,
    pub omitted: Omitted,
    pub compare: Compare,
    pub change: Change,
    pub refers: Option<RefersTo>,
    /// Whether a nested block of this attribute is a claim on the identity of another kind.
    pub claims: Option<&'static str>,
    /// Whether AWS returns it; what is not returned is never compared.
    pub returned: bool,
    pub checks: &'static [Check],
    /// Attributes beside it that it cannot be given with.
    pub excludes: &'static [&'static str],
    /// A flag beside it that has to have this value.
    pub needs: Option<(&'static str, bool)>,
    /// Whether it is a version that the files may also give as a constraint, which EKS's catalog of add-on
    /// versions resolves and the lock file pins.
    pub pinned: bool,
    /// Of a nested block: attributes of which it needs at least one.
    pub one_of: &'static [&'static str],
    /// Of what AWS fills: whether AWS fills in this value where nothing is said, so that files made from live
    /// objects can leave it out.
    pub usual: Option<fn(&Value) -> bool>,
}

fn null() -> Value {
    Value::NULL
}

impl Attribute {
    /// An attribute that may be omitted, meaning unset, and forces replacement when it changes.
    pub const fn new(name: &'static str, ty: Ty, doc: &'static str) -> Self {
        Self {
            name,
            terraform: name,
            doc,
            ty,
            omitted: Omitted::Default(null),
            compare: Compare::Exact,
            change: Change::Replace,
            refers: None,
            claims: None,
            returned: true,
            checks: &[],
            excludes: &[],
            needs: None,
            pinned: false,
            one_of: &[],
            usual: None,
        }
    }

    /// An attribute that only AWS sets.
    pub const fn computed(name: &'static str, ty: Ty, stable: bool, doc: &'static str) -> Self {
        let mut attribute = Self::new(name, ty, doc);
        attribute.omitted = Omitted::Computed { stable };
        attribute.change = Change::InputOnly;
        attribute
    }

    pub const fn required(mut self) -> Self {
        self.omitted = Omitted::Required;
        self
    }

    pub const fn default(mut self, value: fn() -> Value) -> Self {
        self.omitted = Omitted::Default(value);
        self
    }

    pub const fn filled_by_aws(mut self) -> Self {
        self.omitted = Omitted::FilledByAws;
        self
    }

    pub const fn in_place(mut self, operation: &'static str) -> Self {
        self.change = Change::InPlace(operation);
        self
    }

    pub const fn change(mut self, change: Change) -> Self {
        self.change = change;
        self
    }

    pub const fn compare(mut self, compare: Compare) -> Self {
        self.compare = compare;
        self
    }

    pub const fn terraform(mut self, path: &'static str) -> Self {
        self.terraform = path;
        self
    }

    pub const fn refers(mut self, kind: &'static str, by: RefersBy) -> Self {
        self.refers = Some(RefersTo { kind, by });
        self
    }

    pub const fn claims(mut self, kind: &'static str) -> Self {
        self.claims = Some(kind);
        self
    }

    /// Not returned by AWS: used at create and update, never diffed.
    pub const fn write_only(mut self) -> Self {
        self.returned = false;
        self.change = Change::InputOnly;
        self
    }

    pub const fn checks(mut self, checks: &'static [Check]) -> Self {
        self.checks = checks;
        self
    }

    pub const fn excludes(mut self, names: &'static [&'static str]) -> Self {
        self.excludes = names;
        self
    }

    /// See [`Attribute::usual`].
    pub const fn usual(mut self, usual: fn(&Value) -> bool) -> Self {
        self.usual = Some(usual);
        self
    }

    pub const fn needs(mut self, flag: &'static str, value: bool) -> Self {
        self.needs = Some((flag, value));
        self
    }

    /// A version that may be a constraint.
    pub const fn pinned(mut self) -> Self {
        self.pinned = true;
        self
    }

    pub const fn one_of(mut self, names: &'static [&'static str]) -> Self {
        self.one_of = names;
        self
    }

    pub fn is_computed(&self) -> bool {
        matches!(self.omitted, Omitted::Computed { .. })
    }

    pub fn is_required(&self) -> bool {
        matches!(self.omitted, Omitted::Required)
    }

    /// Whether the files write it as a block rather than `name = value`.
    pub fn is_block(&self) -> bool {
        matches!(self.ty, Ty::Block(_) | Ty::Keyed { .. } | Ty::Blocks(_))
    }

    /// The attributes of the nested block, empty for plain values.
    pub fn nested(&self) -> &'static [Attribute] {
        match self.ty {
            Ty::Block(attributes) | Ty::Blocks(attributes) | Ty::Keyed { attributes, .. } => attributes,
            _ => &[],
        }
    }
}

/// What may run beside an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusive {
    /// Anything.
    None,
    /// One at a time per object.
    Object,
    /// One at a time per cluster.
    Cluster,
}

/// One API operation a change may need.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The API's name, with `:group` behind it where one operation changes one group at a time.
    pub id: &'static str,
    /// The IAM actions the caller needs.
    pub iam_actions: &'static [&'static str],
    /// Calls of one change go in ascending order.
    pub order: u8,
    /// How long AWS typically takes until the object is settled again; 0 = at once.
    pub seconds: u32,
    pub exclusive: Exclusive,
    /// Whether it takes an idempotency token (`clientRequestToken` in EKS's model; IAM has none).
    pub token: bool,
}

impl Operation {
    pub const fn new(id: &'static str, iam_actions: &'static [&'static str], order: u8) -> Self {
        Self { id, iam_actions, order, seconds: 0, exclusive: Exclusive::Object, token: false }
    }

    pub const fn with_token(mut self) -> Self {
        self.token = true;
        self
    }

    pub const fn takes(mut self, seconds: u32, exclusive: Exclusive) -> Self {
        self.seconds = seconds;
        self.exclusive = exclusive;
        self
    }

    /// How long to wait for its effect: several times what AWS typically takes, and never less than ten
    /// minutes.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.seconds).saturating_mul(5).max(600))
    }

    /// The API's name without the group.
    pub fn api(&self) -> &'static str {
        self.id.split(':').next().unwrap_or(self.id)
    }
}

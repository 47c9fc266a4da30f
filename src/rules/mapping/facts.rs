//! What a table may hold, and the facts that its columns can be mapped to.

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holds {
    /// A machine a row.
    Machines,
    /// A processor of a machine a row.
    Processors,
    /// A piece of software on a machine a row.
    Software,
    /// What a publisher counts of a product a row: compared, never counted.
    Summary,
    /// A purchase line a row.
    Purchases,
    /// A price a row.
    Prices,
    /// A person a row.
    Users,
}

/// How the text of a cell becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// As it stands.
    Text,
    /// Several texts with a separator between them.
    Texts,
    /// A whole number.
    Whole,
    /// Yes or no.
    YesNo,
    /// A day.
    Date,
    /// A sum of money, or another number with decimals.
    Amount,
}

/// A fact that a column can be mapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactName {
    /// Its key in a mapping.
    pub name: &'static str,
    /// What its cells hold.
    pub form: Form,
    /// What it means, in a few words.
    pub meaning: &'static str,
}

const fn fact(name: &'static str, form: Form, meaning: &'static str) -> FactName {
    FactName { name, form, meaning }
}

const MACHINE_FACTS: &[FactName] = &[
    fact("name", Form::Text, "name of the machine; a row without it is left out"),
    fact("fqdn", Form::Text, "fully qualified name"),
    fact("domain", Form::Text, "DNS domain or workgroup"),
    fact("uuid", Form::Text, "hardware UUID"),
    fact("serial", Form::Text, "serial number"),
    fact("label", Form::Text, "what people call it, where `name` is an id of its cloud; shown, and never compared"),
    fact("organisation", Form::Text, "organisation, or a name that `organisation_aliases` knows"),
    fact("captured", Form::Date, "day on which it was last seen or inventoried"),
    fact("os", Form::Text, "operating system as the table writes it"),
    fact("os_version", Form::Text, "version or build of the operating system"),
    fact("service_pack", Form::Text, "service pack, written behind the operating system"),
    fact("virtual", Form::YesNo, "whether it is a virtual machine"),
    fact("maker", Form::Text, "maker of the machine; some makers sell virtual machines only"),
    fact("model", Form::Text, "model of the machine"),
    fact("platform", Form::Text, "what it runs on, or what a virtualisation host runs"),
    fact("processors", Form::Whole, "processors (populated sockets)"),
    fact("cores", Form::Whole, "physical cores; `per` says of what"),
    fact("threads", Form::Whole, "logical processors in all"),
    fact("threads_per_core", Form::Whole, "hardware threads of each core"),
    fact("processor_model", Form::Text, "model of the processor"),
    fact("cluster", Form::Text, "cluster"),
    fact("vcpus", Form::Whole, "virtual processors of a guest"),
    fact("runs_on", Form::Text, "host that a guest runs on"),
    fact("powered_on", Form::YesNo, "whether it runs"),
    fact("template", Form::YesNo, "whether it is a template and no machine"),
    fact("address", Form::Text, "network address; guests may name their host by it"),
];

const PROCESSOR_FACTS: &[FactName] = &[
    fact("name", Form::Text, "name of the machine; a row without it is left out"),
    fact("domain", Form::Text, "DNS domain or workgroup of the machine"),
    fact("cores", Form::Whole, "physical cores of the processor"),
    fact("enabled_cores", Form::Whole, "cores of it that are switched on"),
    fact("processor_model", Form::Text, "model of the processor"),
];

const SOFTWARE_FACTS: &[FactName] = &[
    fact("title", Form::Text, "name of the software; a row without it states the machine alone"),
    fact("version", Form::Text, "its version"),
    fact("publisher", Form::Text, "its publisher"),
    fact("key", Form::Text, "its uninstall key or GUID"),
];

const PURCHASE_FACTS: &[FactName] = &[
    fact("organisation", Form::Text, "owner of the licences"),
    fact("title", Form::Text, "what the record calls it; the rules recognise product, edition, version and metric"),
    fact("product", Form::Text, "product, where the table names it apart"),
    fact("edition", Form::Text, "edition"),
    fact("version", Form::Text, "version printed on the licence"),
    fact("metric", Form::Text, "what a unit counts"),
    fact("quantity", Form::Whole, "units, or packs where `pack` or the title says how many units each holds"),
    fact("pack", Form::Whole, "units in a pack"),
    fact("kind", Form::Text, "licence, sa-only, step-up or upgrade"),
    fact("channel", Form::Text, "volume, oem, retail or csp"),
    fact("bought", Form::Date, "day of purchase"),
    fact("sa_from", Form::Date, "first day of Software Assurance"),
    fact("sa_until", Form::Date, "last day of Software Assurance"),
    fact("subscription_from", Form::Date, "first day of a subscription"),
    fact("subscription_until", Form::Date, "last day of a subscription"),
    fact("reference", Form::Text, "number of the order or invoice"),
    fact("agreement", Form::Text, "agreement"),
    fact("base", Form::Text, "reference of the line it builds on"),
    fact("assigned_to", Form::Texts, "hosts or users it is assigned to"),
    fact("note", Form::Text, "any remark"),
];

const SUMMARY_FACTS: &[FactName] = &[
    fact("title", Form::Text, "product as the publisher writes it"),
    fact("version", Form::Text, "version"),
    fact("organisation", Form::Text, "organisation; empty: that of the folder"),
    fact("effective", Form::Whole, "licences the publisher knows of; compared with the purchases, not counted again"),
    fact("unresolved", Form::Whole, "licences without a base that the publisher knows of; never counted, always told"),
    fact("active_sa", Form::Whole, "licences under Software Assurance; not counted again"),
];

const PRICE_FACTS: &[FactName] = &[
    fact("title", Form::Text, "what the list calls it; the rules recognise product, edition, version and metric"),
    fact("product", Form::Text, "product, where the table names it apart"),
    fact("edition", Form::Text, "edition; empty: any"),
    fact("version", Form::Text, "version; empty: any"),
    fact("metric", Form::Text, "what a unit counts"),
    fact("units", Form::Whole, "units in the pack"),
    fact("amount", Form::Amount, "price of one pack"),
    fact("currency", Form::Text, "its three letters"),
    fact("per", Form::Text, "licence, month or year"),
    fact("kind", Form::Text, "licence, sa, licence-and-sa, step-up or subscription"),
    fact("from", Form::Date, "first day on which it holds"),
    fact("until", Form::Date, "last day on which it holds"),
    fact("level", Form::Text, "price level"),
    fact("source", Form::Text, "price list or quotation"),
];

const USER_FACTS: &[FactName] = &[
    fact("name", Form::Text, "name or account of the person"),
    fact("organisation", Form::Text, "organisation"),
    fact("subscriptions", Form::Texts, "licences assigned to the person"),
    fact("devices", Form::Texts, "devices the person uses"),
];

impl Holds {
    /// Every kind with its name in a mapping.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Machines, "machines"),
        (Self::Processors, "processors"),
        (Self::Software, "software"),
        (Self::Summary, "summary"),
        (Self::Purchases, "purchases"),
        (Self::Prices, "prices"),
        (Self::Users, "users"),
    ];

    /// Its name in a mapping.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(holds, _)| *holds == self).map_or("", |(_, name)| name)
    }

    /// The facts that a column of such a table can be mapped to.
    pub fn facts(self) -> impl Iterator<Item = &'static FactName> {
        let (own, more): (&[FactName], &[FactName]) = match self {
            Self::Machines => (MACHINE_FACTS, &[]),
            Self::Processors => (PROCESSOR_FACTS, &[]),
            Self::Software => (SOFTWARE_FACTS, MACHINE_FACTS),
            Self::Summary => (SUMMARY_FACTS, &[]),
            Self::Purchases => (PURCHASE_FACTS, &[]),
            Self::Prices => (PRICE_FACTS, &[]),
            Self::Users => (USER_FACTS, &[]),
        };
        own.iter().chain(more)
    }

    /// Facts of which a mapping must have one at least.
    pub fn needs(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Machines => &[&["name"]],
            Self::Processors => &[&["name"], &["cores"]],
            Self::Software => &[&["name"], &["title"]],
            Self::Summary => &[&["title"], &["unresolved"]],
            Self::Purchases => &[&["title", "product"], &["quantity"]],
            Self::Prices => &[&["title", "product"], &["amount"]],
            Self::Users => &[&["name"], &["subscriptions"]],
        }
    }
}

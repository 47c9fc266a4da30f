//! Terms, grants, passive copies, suites and weights as the tables of a product's file state them.

use jiff::civil::Date;

use crate::diag::Code;
use crate::model::Metric;

use super::super::document::Fields;
use super::super::manifest::{CHANNELS, metric};
use super::super::product::{Product, RuleSource};
use super::{
    CoreFactor, Grant, Limits, METHODS, Method, OrderMinimum, Passive, Right, RunsAbove, Suite, Terms, Weight,
};

/// Reads one `[[terms]]` table; versions are looked up among the product's releases.
pub(crate) fn terms(fields: Fields<'_, '_>, product: &Product) -> Terms {
    fields.required("method");
    fields.required("metric");
    let (from, until) = versions(&fields, product);
    let (sold_from, sold_until) = span_of_days(fields.table("sold"));
    let unknown_cores = strict_and_customer(fields.table("unknown_cores"));
    let unknown_processors = strict_and_customer(fields.table("unknown_processors"));
    let unknown_factor = strict_and_customer(fields.table("unknown_factor"));
    let least_licences = strict_and_customer(fields.table("least_licences"));
    let terms = Terms {
        id: fields.required_text("id"),
        method: fields.one_of("method", &METHODS).unwrap_or(Method::Device),
        metric: metric(&fields, "metric").unwrap_or(Metric::Device),
        licence_product: fields.text("licence_product"),
        editions: fields.texts("editions"),
        from,
        until,
        sold_from,
        sold_until,
        processor_minimum: fields.number("processor_minimum").unwrap_or(0),
        server_minimum: fields.number("server_minimum").unwrap_or(0),
        guest_minimum: fields.number("guest_minimum").unwrap_or(0),
        processors_a_licence: fields.number("processors_a_licence").unwrap_or(1).max(1),
        whole_server: fields.boolean("whole_server").unwrap_or(false),
        least_licences,
        customer_minimum: fields.table("customer_minimum").map(customer_minimum),
        limits: fields.table("limits").map(limits).unwrap_or_default(),
        guests_a_licence: fields.number("guests_a_licence").filter(|&guests| guests > 0),
        cores_a_licence: fields.number("cores_a_licence").filter(|&cores| cores > 0),
        covers: fields.table("covers").map(|table| table.text_lists()),
        rights: fields.tables("rights").into_iter().map(right).collect(),
        needs_sa: fields.boolean("needs_sa").unwrap_or(false),
        mobility_needs_sa: fields.boolean("mobility_needs_sa").unwrap_or(false),
        beside_own_hosts: fields.texts("beside_own_hosts"),
        acquired_until: fields.date("acquired_until"),
        runs_above: fields.tables("runs_above").into_iter().map(runs_above).collect(),
        alternative_only: fields.text("alternative_only"),
        forbidden: fields.text("forbidden"),
        builds: fields.texts("builds"),
        clouds: fields.texts("clouds"),
        multiple_of: fields.number("multiple_of").unwrap_or(1).max(1),
        in_force: span_of_days(fields.table("in_force")),
        hard_partitions: fields.boolean("hard_partitions").unwrap_or(false),
        most_sockets: fields.number("most_sockets"),
        most_vcpus: fields.number("most_vcpus"),
        vcpus_a_licence: fields.table("vcpus_a_licence").map_or((1, 1), |table| {
            let pair = (table.number("hyper_threaded").unwrap_or(1).max(1), table.number("plain").unwrap_or(1).max(1));
            table.finish();
            pair
        }),
        people_a_processor: fields.number("people_a_processor").unwrap_or(0),
        people_a_server: fields.number("people_a_server").unwrap_or(0),
        developers: fields.boolean("developers").unwrap_or(false),
        covers_containers: fields.boolean("covers_containers").unwrap_or(false),
        covers_process_containers: fields.boolean("covers_process_containers").unwrap_or(false),
        core_factors: fields.tables("core_factors").into_iter().map(core_factor).collect(),
        unknown_cores,
        unknown_processors,
        unknown_factor,
        devices_a_user: fields.number("devices_a_user").unwrap_or(1).max(1),
        physical_only: fields.boolean("physical_only").unwrap_or(false),
        one_portable: fields.boolean("one_portable").unwrap_or(false),
        covers_devices: fields.boolean("covers_devices").unwrap_or(false),
        older_builds: fields.table("older_builds").and_then(|table| older_builds(table, product)),
        serves: fields.text("serves"),
        serves_basis: fields.text("serves_basis"),
        serves_guests_only: fields.boolean("serves_guests_only").unwrap_or(false),
        also_reached_by: fields.texts("also_reached_by"),
        counts_external: fields.boolean("counts_external").unwrap_or(false),
        includes_access: fields.boolean("includes_access").unwrap_or(false),
        clauses: fields.texts("clauses"),
        verified: fields.boolean("verified").unwrap_or(true),
        source: source(&fields),
        line: fields.line(),
    };
    for edition in &terms.editions {
        if terms.licence_product.is_none() && product.edition_rank(edition).is_none() {
            fields.fault_at("editions", Code::UnknownName, format!("[product] names no edition {edition}"));
        }
    }
    fields.finish();
    terms
}

fn customer_minimum(fields: Fields<'_, '_>) -> (u32, Date, Date) {
    let minimum = (
        fields.number("units").unwrap_or(0),
        fields.date("from").unwrap_or(Date::MIN),
        fields.date("until").unwrap_or(Date::MAX),
    );
    fields.finish();
    minimum
}

fn older_builds(fields: Fields<'_, '_>, product: &Product) -> Option<(usize, String)> {
    let (until, beside) = (fields.required_text("until"), fields.required_text("beside"));
    let version = product.release(&until);
    if version.is_none() {
        fields.fault_at("until", Code::UnknownName, format!("no [[release]] has the version {until}"));
    }
    fields.finish();
    version.map(|version| (version, beside))
}

fn limits(fields: Fields<'_, '_>) -> Limits {
    let limits = Limits {
        users: fields.number("users"),
        devices: fields.number("devices"),
        processors: fields.number("processors"),
        hosts: fields.number("hosts"),
    };
    fields.finish();
    limits
}

/// A number for each reading; 0 where none is given.
fn strict_and_customer(fields: Option<Fields<'_, '_>>) -> (u32, u32) {
    let Some(fields) = fields else {
        return (0, 0);
    };
    let pair = (fields.number("strict").unwrap_or(0), fields.number("customer").unwrap_or(0));
    fields.finish();
    pair
}

/// First and last version of `versions`, as indexes into the releases; all where the key is missing.
pub(crate) fn versions(fields: &Fields<'_, '_>, product: &Product) -> (usize, usize) {
    let versions = fields.table("versions").map(|table| {
        let span = (table.text("from"), table.text("until"));
        table.finish();
        span
    });
    let (from, until) = versions.unwrap_or_default();
    let lookup = |version: Option<String>, default: usize| match version {
        None => default,
        Some(version) => product.release(&version).unwrap_or_else(|| {
            fields.fault_at("versions", Code::UnknownName, format!("no [[release]] has the version {version}"));
            default
        }),
    };
    (lookup(from, 0), lookup(until, usize::MAX))
}

fn span_of_days(fields: Option<Fields<'_, '_>>) -> (Option<Date>, Option<Date>) {
    let Some(fields) = fields else {
        return (None, None);
    };
    let span = (fields.date("from"), fields.date("until"));
    fields.finish();
    span
}

/// The source every term, grant and ambiguity must name.
pub(crate) fn source(fields: &Fields<'_, '_>) -> RuleSource {
    let Some(table) = fields.table("source") else {
        fields.fault(Code::MissingSource, format!("{} needs a `source` with a title", fields.title));
        return RuleSource::default();
    };
    let source =
        RuleSource { title: table.required_text("title"), clause: table.text("clause"), read: table.date("read") };
    table.finish();
    source
}

fn right(fields: Fields<'_, '_>) -> Right {
    let right = Right {
        edition: fields.required_text("edition"),
        guests: fields.number("guests"),
        unlimited: fields.boolean("unlimited").unwrap_or(false),
        unlimited_with_sa: fields.boolean("unlimited_with_sa").unwrap_or(false),
        guest_a_unit: fields.boolean("guest_a_unit").unwrap_or(false),
    };
    fields.finish();
    right
}

fn runs_above(fields: Fields<'_, '_>) -> RunsAbove {
    fields.required("channel");
    let runs_above = RunsAbove {
        edition: fields.required_text("edition"),
        editions: fields.texts("editions"),
        channel: fields.one_of("channel", &CHANNELS).unwrap_or_default(),
        from: fields.date("from"),
    };
    fields.finish();
    runs_above
}

fn core_factor(fields: Fields<'_, '_>) -> CoreFactor {
    fields.required("percent");
    let factor = CoreFactor {
        model: fields.text("model"),
        minimum_cores: fields.number("minimum_cores").unwrap_or(0),
        maximum_cores: fields.number("maximum_cores"),
        percent: fields.number("percent").unwrap_or(100),
    };
    if factor.model.as_ref().is_some_and(|model| regex::Regex::new(model).is_err()) {
        fields.fault_at("model", Code::WrongExpression, "`model` is no expression");
    }
    fields.finish();
    factor
}

/// Reads one `[[grant]]` table.
pub(crate) fn grant(fields: Fields<'_, '_>) -> Grant {
    for key in ["from_metric", "to_metric", "units"] {
        fields.required(key);
    }
    let grant = Grant {
        id: fields.required_text("id"),
        from_metric: metric(&fields, "from_metric").unwrap_or(Metric::Processor),
        to_metric: metric(&fields, "to_metric").unwrap_or(Metric::Core),
        from_edition: fields.required_text("from_edition"),
        to_edition: fields.required_text("to_edition"),
        until_version: fields.text("until_version"),
        at_version: fields.text("at_version"),
        needs_sa: fields.boolean("needs_sa").unwrap_or(false),
        terms: fields.texts("terms"),
        licences: fields.number("licences").unwrap_or(1).max(1),
        units: fields.number("units").unwrap_or(0),
        documented_until: fields.date("documented_until"),
        source: source(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    grant
}

/// Reads one `[[passive]]` table.
pub(crate) fn passive(fields: Fields<'_, '_>, product: &Product) -> Passive {
    let (from_version, until_version) = versions(&fields, product);
    let (from, until) = span_of_days(fields.table("days"));
    let passive = Passive {
        id: fields.required_text("id"),
        from_version,
        until_version,
        from,
        until,
        needs_sa: fields.boolean("needs_sa").unwrap_or(false),
        whole_host: fields.boolean("whole_host").unwrap_or(false),
        any: fields.number("any").unwrap_or(0),
        disaster_recovery: fields.number("disaster_recovery").unwrap_or(0),
        disaster_recovery_azure: fields.number("disaster_recovery_azure").unwrap_or(0),
        features: fields.texts("features"),
        except_clouds: fields.texts("except_clouds"),
        source: source(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    passive
}

/// Reads one `[[suite]]` table.
pub(crate) fn suite(fields: Fields<'_, '_>) -> Suite {
    let suite = Suite {
        product: fields.required_text("product"),
        suite_edition: fields.text("suite_edition"),
        edition: fields.text("edition"),
        metric: metric(&fields, "metric"),
        source: fields.value("source").is_some().then(|| source(&fields)),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    suite
}

/// Reads one `[[order_minimum]]` table.
pub(crate) fn order_minimum(fields: Fields<'_, '_>) -> OrderMinimum {
    fields.required("metric");
    fields.required("units");
    let (from, until) = span_of_days(fields.table("days"));
    let minimum = OrderMinimum {
        id: fields.required_text("id"),
        metric: metric(&fields, "metric").unwrap_or(Metric::Device),
        units: fields.number("units").unwrap_or(1),
        from,
        until,
        source: source(&fields),
        verified: fields.boolean("verified").unwrap_or(true),
    };
    fields.finish();
    minimum
}

/// Reads one `[[weight]]` table.
pub(crate) fn weight(fields: Fields<'_, '_>) -> Weight {
    fields.required("metric");
    fields.required("price");
    let weight = Weight {
        edition: fields.text("edition"),
        metric: metric(&fields, "metric").unwrap_or(Metric::Device),
        price: fields.decimal("price").unwrap_or_default(),
    };
    let _ = fields.text("source");
    fields.finish();
    weight
}

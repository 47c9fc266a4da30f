//! The nouns of trueup: what every stage may know. No input or output, no clock, no SQL.
//!
//! Names follow ISO/IEC 19770 and the trade (see `DESIGN`, "the words"). A value that a
//! source may have failed to state is a [`Fact`], never a silent default.

mod agreement;
mod asker;
mod assessment;
mod entitlement;
mod estate;
mod estate_index;
mod evidence;
mod fit;
mod history;
mod host;
mod key;
mod money;
mod names;
mod observation;
mod packs;
mod plan;
pub mod price_book;
mod question;
mod requirement;
mod shared_text;
mod status;
mod support;
mod support_form;
mod to_buy;
mod true_up;
mod user;
mod ware;

pub use agreement::{Agreement, Order, OrderRhythm, OrderWindow, OrderWindows, ProductRole};
pub use asker::Asker;
pub use assessment::{
    AlternativeTotal, Assessment, Coverage, Finding, HostContradiction, HostFact, HostSummary, Outcome, Position,
    RecordCounts, ScopeUnits, Surplus,
};
pub use entitlement::{
    AsWritten, Channel, DocumentedCores, Entitlement, Form, Period, PurchaseKind, PurchaseLine, Reassignment,
    Reservation,
};
pub use estate::{Estate, Manifest, PublisherCount, Unresolved};
pub use estate_index::{EstateIndex, Installs};
pub use evidence::{Fact, FileStatus, Locator, Place, Source, SourceId};
pub use fit::{bound_allows, fits, serves};
pub use history::{History, HistoryRow, Peak};
pub use host::{Affinity, Environment, Host, HostId, Installation, Isolation, Machine, Placement, Processor, Role};
pub use key::{Key, kebab};
pub use money::{DEAREST_PACK, MOST_UNITS, Money, Price, PriceKind, PricePeriod, decimal_to_minor, thousands};
pub use names::{Names, edition_name, licence_name, priced_name};
pub use observation::{ADDRESS_REMARK, ObservedHost, ObservedOperatingSystem, RecordClass, SoftwareRecord, View};
pub use packs::{OrderMinimums, PricesInForce, cheapest_packs, packs_of};
pub use plan::{
    Change, Closed, Cost, Course, HORIZON_MONTHS, HostName, OrganisationPlan, Plan, PlanStep, Scenario, ScenarioLine,
    StepKind, StillShort,
};
pub use question::{Answer, Question, QuestionKey, Reading, Settlement};
pub use requirement::{
    Acceptance, Allocation, Alternative, Basis, Chosen, Line, Metric, Refusal, Requirement, Scope, Step, Working,
};
pub use shared_text::{SharedText, SharedTexts};
pub use status::PositionStatus;
pub use support::{Rag, SupportRow, SupportStanding, SupportStatus, SupportSummary, SystemSupport};
pub use to_buy::{AssuranceDue, Instead, InsteadItem, ToBuy};
pub use true_up::{AgreementStanding, OrderLine, Untracked};
pub use user::{Access, Organisation, SharingGroup, UserDevices, UserGroup};
pub use ware::{Ware, wares};

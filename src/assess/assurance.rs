//! Missing units that must carry Software Assurance if they are bought today: what a year of it costs stands beside the price of the licences,
//! which is all that a row tells, because it is paid anew while the licences are paid once.

use std::collections::{BTreeMap, HashMap};

use crate::allocate::{PriceList, Solution};
use crate::model::{Line, Metric, Requirement, licence_name};

use super::Ground;

/// Organisation, product, edition and metric.
type Group<'a> = (&'a str, &'a str, Option<&'a str>, Metric);

/// One sentence for each organisation, product, edition and metric.
pub(super) fn notes(
    ground: &Ground<'_>,
    prices: &PriceList<'_>,
    requirements: &[Requirement],
    solution: &Solution,
) -> Vec<String> {
    let mut spent: HashMap<(usize, usize), u32> = HashMap::new();
    for allocation in &solution.allocations {
        *spent.entry((allocation.requirement, allocation.line)).or_default() += allocation.units;
    }
    let mut short: BTreeMap<Group<'_>, u32> = BTreeMap::new();
    for chosen in &solution.chosen {
        let requirement = &requirements[chosen.requirement];
        let lines = requirement.alternatives[chosen.alternative].lines.iter().enumerate();
        let relies = |line: &Line| {
            let product = ground.rules.products.get(&*line.product);
            product.is_some_and(|product| product.relies_on_assurance_if_bought(line, ground.as_of))
        };
        for (index, line) in lines.filter(|(_, line)| relies(line)) {
            let met = spent.get(&(chosen.requirement, index)).copied().unwrap_or(0);
            let group = (requirement.organisation.as_str(), &*line.product, line.edition.as_deref(), line.metric);
            *short.entry(group).or_default() += line.units.saturating_sub(met);
        }
    }
    let short = short.into_iter().filter(|(_, units)| *units > 0);
    short.filter_map(|(group, units)| note(ground, prices, group, units)).collect()
}

/// `None` where it is sold as a subscription, or with Software Assurance only: the row's price holds it then.
fn note(ground: &Ground<'_>, prices: &PriceList<'_>, group: Group<'_>, units: u32) -> Option<String> {
    let (organisation, product, edition, metric) = group;
    if !prices.is_licence_alone(product, edition, metric) {
        return None;
    }
    let known = ground.rules.products.get(product).map_or(product, |product| &product.name);
    let licence = licence_name(known, edition, None);
    let cost = match prices.assurance_year(product, edition, metric, units) {
        Some(money) => format!("a year of it costs {money}, which the row does not hold"),
        None => "its price is missing, so the cost is higher than the row says".to_owned(),
    };
    Some(format!(
        "{licence} by {metric}, {organisation}: {units} missing units must carry Software Assurance if they are bought now; {cost}."
    ))
}

fn main() {
    let rules = trueup::rules::Rules::built_in()
        .map_err(|f| {
            for d in &f.faults {
                eprintln!("{}", trueup::diag::render(d, f.texts.get(&d.path).map(|s| s.as_str()), false))
            }
        })
        .expect("rules");
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file).unwrap();
        match trueup::rules::parse_cases(&file, &text) {
            Err(faults) => {
                for d in &faults {
                    println!("{}", trueup::diag::render(d, Some(&text), false));
                }
            }
            Ok(cases) => {
                let mut ok = 0;
                let n = cases.len();
                for c in &cases {
                    let r = trueup::case_check::check(&rules, c);
                    if r.ok {
                        ok += 1
                    } else {
                        println!("{}: {}", r.id, r.why.join("; "));
                    }
                }
                println!("{file}: {ok}/{n}");
            }
        }
    }
}

//! Objects as PowerShell lists them: `Get-ComputerInfo`, `… | Format-List`.

use crate::diag::Diagnostic;

use super::blocks::{Parted, blocks};
use super::cim;
use super::page::{Field, Page, Verified};
use super::wmic_list::objects_at_the_start;
use super::{Carries, Input, Reader, Sink, Sniff, Verdict};

/// The reader.
pub struct PowerShellList;

/// What the format is.
const PAGE: Page = Page {
    name: "powershell-list",
    title: "Objects that PowerShell lists: Get-ComputerInfo, Format-List (text)",
    written_by: "`Get-ComputerInfo`, `Get-CimInstance Win32_… | Format-List`, `Get-ItemProperty …\\Uninstall\\* | Format-List`, `Get-Package | \
                 Format-List`, `Get-VM | Format-List`, `Get-ADComputer`, redirected into a file",
    carries: &[Carries::Hosts, Carries::Cores, Carries::Placement, Carries::Software, Carries::OperatingSystem],
    recognised_by: "lines `Name : Value` with the properties of one of these objects",
    fields: &[
        Field { named: "CsName, CsDNSHostName, CsDomain", becomes: "name, domain" },
        Field { named: "OsName | WindowsProductName, OsVersion", becomes: "operating system and its build" },
        Field { named: "CsManufacturer, CsModel, BiosSeralNumber", becomes: "whether it is virtual, serial number" },
        Field { named: "CsNumberOfProcessors, CsNumberOfLogicalProcessors", becomes: "sockets as a remark, threads" },
        Field { named: "classes of Windows management", becomes: "as for `wmic-list`" },
        Field {
            named: "DisplayName | Name, DisplayVersion | Version, Publisher | Vendor, PSChildName | IdentifyingNumber",
            becomes: "software records",
        },
        Field {
            named: "VMName | Name, VMId, State, ProcessorCount, ComputerName",
            becomes: "guests of a Hyper-V host",
        },
        Field { named: "DNSHostName, DistinguishedName, OperatingSystem", becomes: "machines known to the directory" },
        Field { named: "PSComputerName", becomes: "machine that an object is of" },
    ],
    quirks: &[
        "objects that name no machine belong to the only one the file names, else to the one the file or its folder is named \
         after; where the file names several they are left out and told",
        "long values go on in the next line, indented; the parts are joined by a blank",
        "`Get-ComputerInfo` counts processors and threads and no cores: cores stay unknown",
        "`WindowsProductName` says Windows 10 on Windows 11; `OsName` is taken where it is there",
        "the property is really named `BiosSeralNumber`",
        "tables (`Format-Table`) are cut at the width of the console and are not read",
    ],
    verified: Verified::Unverified("the documented properties, and outputs that public repositories show"),
    example: "
CsName                      : DB-01
CsDomain                    : example.org
CsManufacturer              : Microsoft Corporation
CsModel                     : Virtual Machine
CsNumberOfLogicalProcessors : 4
OsName                      : Microsoft Windows Server 2022 Standard
OsVersion                   : 10.0.20348
",
    samples: &["powershell-list"],
};

impl Reader for PowerShellList {
    fn page(&self) -> &'static Page {
        &PAGE
    }

    fn reads_path(&self) -> bool {
        true
    }

    fn sniff(&self, head: &[u8], _path: &str) -> Sniff {
        let objects = objects_at_the_start(head, Parted::Colon);
        if objects.iter().any(|object| cim::class(object).is_some()) { Sniff::Sure } else { Sniff::No }
    }

    fn read_text(&self, text: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<Verdict, Diagnostic> {
        let (objects, beyond) = blocks(text, Parted::Colon);
        Ok(cim::read(&objects, &beyond, "a list of objects of kinds that are not used", input, sink))
    }
}

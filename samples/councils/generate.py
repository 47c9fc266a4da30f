#!/usr/bin/env python3
"""Writes the demonstration estate of three councils, byte for byte the same each time.

    python3 samples/councils/generate.py

Python's standard library only. Everything below `inventory/`, `entitlements/` and `prices/`, `trueup.toml` and
`tests/data/councils-expected.toml` come from here; `README.md` is written by hand and works out every figure. All machines, people, references and
prices are made up.

The script reads from top to bottom: the machines (who runs what, where), the software rows an agent would report for
them, the four inventory formats, the purchases, the settings, and the expected figures with a check of the
arithmetic.
"""

import csv
import datetime
import io
import json
import os
import random
import uuid
import zipfile
import zlib
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.abspath(__file__))
AS_OF = datetime.date(2026, 6, 30)
STALE_AFTER_DAYS = 90
COUNCILS = ("brent", "lewisham", "southwark")

# ---------------------------------------------------------------------------------------------------------------------
# The machines


class Host:
    """One machine of the estate, as it is in truth; the formats below show each its own part of it."""

    def __init__(self, name, kind, **facts):
        self.name = name
        self.kind = kind  # "esx", "guest", "server" (physical Windows), "pc"
        self.council = {"bre": "brent", "lew": "lewisham", "sou": "southwark"}[name[:3]]
        self.processors = facts.pop("processors", [])  # cores of each populated socket
        self.cluster = facts.pop("cluster", "")
        self.on = facts.pop("on", None)  # the ESX host a guest runs on; None = no export has it
        self.vcpus = facts.pop("vcpus", 2)
        self.powered_on = facts.pop("powered_on", True)
        self.os = facts.pop("os", "")
        self.agent = facts.pop("agent", None)  # "glpi", "fusion", "ocs", "ocs-zlib", None
        self.seen = facts.pop("seen", None)
        self.products = facts.pop("products", [])  # functions that add software rows
        self.releases = facts.pop("releases", [])  # (product, version) pairs with an end of support
        self.template = facts.pop("template", False)
        assert not facts, facts
        self.cpu = None  # a guest shows the processor of the host it runs on
        self.user = None
        rng = random.Random("identity:" + name)
        if kind == "guest":
            raw = bytes([0x42, 0x00 + rng.getrandbits(5)]) + rng.getrandbits(112).to_bytes(14, "big")
            self.uuid = uuid.UUID(bytes=raw)
            hexes = ["%02x" % b for b in raw]
            self.serial = "VMware-%s-%s" % (" ".join(hexes[:8]), " ".join(hexes[8:]))
        else:
            self.uuid = uuid.UUID(bytes=rng.getrandbits(128).to_bytes(16, "big"))
            self.serial = "".join(rng.choice("BCDFGHJKLMNPQRSTVWXYZ0123456789") for _ in range(7))
        # Windows reports the first three fields of a guest's UUID in the other byte order on older virtual hardware.
        self.swapped = kind == "guest" and rng.getrandbits(1) == 1
        self.rng = random.Random("content:" + name)

    @property
    def fqdn(self):
        return "%s.%s.example" % (self.name, self.council)

    @property
    def agent_uuid(self):
        return uuid.UUID(bytes=self.uuid.bytes_le) if self.swapped else self.uuid

    @property
    def cores(self):
        return sum(self.processors)


WS = {
    "2012 R2": ("Microsoft Windows Server 2012 R2 %s", "6.3.9600"),
    "2016": ("Microsoft Windows Server 2016 %s", "10.0.14393"),
    "2019": ("Microsoft Windows Server 2019 %s", "10.0.17763"),
    "2022": ("Microsoft Windows Server 2022 %s", "10.0.20348"),
}
CLIENT = {
    "10": ("Microsoft Windows 10 Pro", "10.0.19045"),
    "11": ("Microsoft Windows 11 Pro", "10.0.26200"),
}


def server_os(version, edition="Standard"):
    caption, build = WS[version]
    return (caption % edition, build, [("windows-server", version)])


def client_os(version):
    caption, build = CLIENT[version]
    return (caption, build, [("windows", version)])


def estate():
    """Every machine of the three councils, in a fixed order."""
    hosts = []

    def add(name, kind, system=None, products=(), **facts):
        releases = []
        if system:
            facts["os"] = (system[0], system[1])
            releases += system[2]
        for p in products:
            releases += p.releases
        hosts.append(Host(name, kind, products=list(products), releases=releases, **facts))

    def day(i, month=6, hour=7):
        return "2026-%02d-%02d %02d:%02d:%02d" % (month, 2 + (i * 5) % 25, hour + i % 9, (i * 17) % 60, (i * 29) % 60)

    # Brent: GLPI agents and RVTools as CSV. --------------------------------------------------------------------------
    add("bre-esx-01", "esx", processors=[16, 16], cluster="BRE-CL01")
    add("bre-esx-02", "esx", processors=[16, 16], cluster="BRE-CL01")
    add("bre-esx-03", "esx", processors=[8, 8])
    add("bre-esx-04", "esx", processors=[10, 10])
    add("bre-esx-05", "esx", processors=[8, 8])
    add("bre-esx-06", "esx", processors=[8, 8])
    n = 0
    for i in range(1, 12):  # the Datacenter cluster: eleven application guests, two SQL guests, a test guest
        n += 1
        products = [SqlEngine("2019", "Express")] if i == 3 else [SqlTools()] if i in (5, 9) else []
        add("bre-app-%02d" % i, "guest", server_os("2022" if i % 3 == 0 else "2019", "Datacenter"), products,
            on="bre-esx-01" if i <= 6 else "bre-esx-02", vcpus=4 if i % 2 else 2, agent="glpi", seen=day(n))
    add("bre-sql-01", "guest", server_os("2019", "Datacenter"), [SqlEngine("2017", "Standard")],
        on="bre-esx-01", vcpus=4, agent="glpi", seen=day(21))
    add("bre-sql-02", "guest", server_os("2022", "Datacenter"), [SqlEngine("2019", "Standard")],
        on="bre-esx-02", vcpus=8, agent="glpi", seen=day(22))
    add("bre-dev-01", "guest", server_os("2022", "Datacenter"), [SqlEngine("2022", "Developer")],
        on="bre-esx-02", vcpus=4, agent="glpi", seen=day(23))
    add("bre-lnx-01", "guest", on="bre-esx-01", vcpus=2)
    add("bre-lnx-02", "guest", on="bre-esx-02", vcpus=2)
    add("bre-tpl-2022", "guest", on="bre-esx-02", vcpus=2, powered_on=False, template=True)
    for i in range(1, 5):
        add("bre-fin-%02d" % i, "guest", server_os("2016"), [], on="bre-esx-03", vcpus=4, agent="glpi", seen=day(30 + i))
    add("bre-soc-01", "guest", server_os("2016"), [], on="bre-esx-04", vcpus=4, agent="glpi", seen=day(36))
    add("bre-soc-02", "guest", server_os("2016"), [SqlTools()], on="bre-esx-04", vcpus=2, agent="glpi", seen=day(37))
    add("bre-sql-03", "guest", server_os("2016"), [SqlEngine("2016", "Standard")],
        on="bre-esx-04", vcpus=2, agent="glpi", seen=day(38))
    for i in range(1, 9):
        add("bre-leg-%02d" % i, "guest", server_os("2012 R2"), [], on="bre-esx-05", vcpus=2, agent="glpi", seen=day(40 + i))
    for i in range(1, 5):
        products = [SqlEngine("2017", "Express", instance="HOUSING")] if i == 2 else []
        add("bre-hou-%02d" % i, "guest", server_os("2016"), products, on="bre-esx-06", vcpus=4, agent="glpi", seen=day(50 + i))
    add("bre-fil-01", "server", server_os("2019"), [], processors=[8, 8], agent="glpi", seen=day(56))
    add("bre-dc-01", "server", server_os("2012 R2"), [], processors=[6, 6], agent="glpi", seen=day(57))
    for i in range(1, 25):  # the last four have not reported since January
        stale = i > 20
        add("bre-pc-%03d" % i, "pc", client_os("11"), [Office2021(french=i % 7 == 0, proof=i % 5 == 0)] +
            ([SqlTools()] if i % 9 == 0 else []), processors=[6], agent="glpi",
            seen=day(i, month=1) if stale else day(60 + i))

    # Lewisham: agents as XML, ESX hosts inventoried by an agent, no cluster. -----------------------------------------
    add("lew-esx-01", "esx", processors=[12, 12], agent="fusion", seen=day(1))
    add("lew-esx-02", "esx", processors=[8, 8], agent="fusion", seen=day(2))
    add("lew-esx-03", "esx", processors=[8, 8], agent="fusion", seen=day(3))
    add("lew-sql-01", "guest", server_os("2019"), [SqlEngine("2019", "Enterprise")],
        on="lew-esx-01", vcpus=8, agent="fusion", seen=day(4))
    add("lew-sql-02", "guest", server_os("2019"), [SqlEngine("2019", "Standard", integration=True)],
        on="lew-esx-01", vcpus=4, agent="fusion", seen=day(5))
    add("lew-app-01", "guest", server_os("2019"), [], on="lew-esx-01", vcpus=4, agent="ocs-zlib", seen=day(6))
    add("lew-app-02", "guest", server_os("2019"), [SqlTools()], on="lew-esx-01", vcpus=2, agent="fusion", seen=day(7))
    add("lew-web-01", "guest", server_os("2019"), [], on="lew-esx-02", vcpus=2, agent="fusion", seen=day(8))
    add("lew-web-02", "guest", server_os("2019"), [], on="lew-esx-02", vcpus=2, agent="ocs-zlib", seen=day(9))
    for i in range(1, 7):
        add("lew-old-%02d" % i, "guest", server_os("2012 R2"), [], on="lew-esx-02" if i <= 2 else "lew-esx-03",
            vcpus=2, agent="ocs-zlib" if i % 3 == 0 else "fusion", seen=day(10 + i))
    add("lew-tmp-01", "guest", server_os("2022"), [], on=None, vcpus=4, agent="fusion", seen=day(18))
    add("lew-tmp-02", "guest", server_os("2022"), [], on=None, vcpus=4, agent="ocs-zlib", seen=day(19))
    for i in range(1, 29):  # 24 come from the image with Visio and Project, four are loan laptops
        if i <= 24:
            products = [Office2016(), VisioProject2016(also_2013=i == 11)]
        else:
            products = [Office2016(), VisioViewer()]
        add("lew-pc-%03d" % i, "pc", client_os("11"), products, processors=[4],
            agent="ocs-zlib" if i % 2 else "fusion", seen=day(20 + i))

    # Southwark: GLPI and OCS agents mixed, RVTools as a workbook, a manifest. -----------------------------------------
    for i in range(1, 4):
        add("sou-esx-%02d" % i, "esx", processors=[10, 10], cluster="SOU-CL01")
    add("sou-esx-04", "esx", processors=[8, 8])
    add("sou-esx-05", "esx", processors=[8, 8])
    for i in range(1, 7):
        products = [SqlEngine("2019", "Express")] if i == 4 else []
        add("sou-app-%02d" % i, "guest", server_os("2019"), products, on="sou-esx-%02d" % (1 + (i - 1) // 2), vcpus=4,
            agent="glpi", seen=day(i))
    for i in range(1, 4):
        add("sou-hr-%02d" % i, "guest", server_os("2019"), [], on="sou-esx-04", vcpus=2, agent="glpi", seen=day(10 + i))
    add("sou-sql-01", "guest", server_os("2019"), [SqlEngine("2016", None)],
        on="sou-esx-04", vcpus=4, agent="ocs", seen=day(15))
    for i in range(4, 6):
        add("sou-hr-%02d" % i, "guest", server_os("2019"), [], on="sou-esx-04", vcpus=2, powered_on=False, agent="glpi",
            seen=day(i))
    for i in range(1, 5):
        add("sou-old-%02d" % i, "guest", server_os("2012 R2"), [], on="sou-esx-05", vcpus=2, agent="ocs", seen=day(20 + i))
    add("sou-lnx-01", "guest", on="sou-esx-05", vcpus=2)
    for i in range(1, 19):
        if i <= 12:
            products = [Microsoft365()] + ([ProjectPlan()] if i >= 7 else [])
        else:
            products = [LibraryDesk()]
        add("sou-pc-%03d" % i, "pc", client_os("10" if i >= 17 else "11"), products, processors=[6],
            agent="ocs" if i % 2 else "glpi", seen=day(30 + i))

    by_name = {h.name: h for h in hosts}
    people = {device: name for name, devices in southwark_people() for device in devices}
    for h in hosts:
        if h.kind == "guest":
            h.cpu = CPU_NAMES[by_name[h.on].processors[0] if h.on else 16]
        if h.kind == "pc":
            h.user = people.get(h.name, "%s%03d" % (h.council[:3], 500 + int(h.name[-3:])))
    return hosts


def southwark_people():
    """Ten people on twelve PCs: the first two have two each. Project is on the PCs of the last six."""
    devices = [["sou-pc-001", "sou-pc-002"], ["sou-pc-003", "sou-pc-004"]] + [["sou-pc-%03d" % i] for i in range(5, 13)]
    return [("sou%03d" % i, names) for i, names in enumerate(devices, 1)]


# ---------------------------------------------------------------------------------------------------------------------
# The software rows an agent reports

MS = "Microsoft Corporation"


def row(name, version="", publisher=MS, guid=None, arch="x86_64", category="application", **extra):
    r = {"name": name, "version": version, "publisher": publisher, "arch": arch, "category": category,
         "guid": guid if guid is not None else name.strip(), "from": "registry"}
    r.update(extra)
    return r


def product_code(rng):
    return "{%s}" % str(uuid.UUID(int=rng.getrandbits(128))).upper()


class SqlEngine:
    """One database engine with everything its setup leaves behind: one instance, about thirty rows.

    `edition` None is a row as Windows itself names it, without an edition; agents of the GLPI family write it in."""

    SETUP = {"2016": ("13.2.5026.0", "GDR 6460 for SQL Server 2016 (KB5046855) (64-bit)", "13.3.6460.7"),
             "2017": ("14.0.1000.169", "GDR 2070 for SQL Server 2017 (KB5046857) (64-bit)", "14.0.2070.1"),
             "2019": ("15.0.2000.5", "GDR 2130 for SQL Server 2019 (KB5046859) (64-bit)", "15.0.2130.3"),
             "2022": ("16.0.1000.6", "GDR 1135 for SQL Server 2022 (KB5046861) (64-bit)", "16.0.1135.2")}

    def __init__(self, year, edition, instance=None, integration=False):
        self.year, self.edition, self.instance, self.integration = year, edition, instance, integration
        self.releases = [("sql-server", year)]

    def rows(self, rng):
        y = self.year
        version, update, build = self.SETUP[y]
        engine = "SQL Server %s %sDatabase Engine Services%s" % (
            y, self.edition + " Edition " if self.edition else "", " - " + self.instance if self.instance else "")
        out = [row("Microsoft SQL Server %s (64-bit)" % y, "", MS, "Microsoft SQL Server SQL%s" % y),
               row("Microsoft SQL Server %s (64-bit)" % y, "", "", "Microsoft SQL Server %s" % y)]
        out += [row(engine, version, guid=product_code(rng), category="system_component") for _ in range(4)]
        for part in ("Database Engine Shared", "Common Files", "Connection Info", "DMF", "XEvent"):
            code = [product_code(rng) for _ in range(2)]
            out += [row("SQL Server %s %s" % (y, part), version, guid=c, category="system_component") for c in code]
        for part in ("SQL Diagnostics", "Batch Parser", "Shared Management Objects", "Shared Management Objects Extensions"):
            out.append(row("SQL Server %s %s" % (y, part), version, guid=product_code(rng), category="system_component"))
        out += [row("Microsoft SQL Server %s Setup (English)" % y, version, guid=product_code(rng)),
                row("Microsoft SQL Server %s T-SQL Language Service " % y, version, guid=product_code(rng)),
                row("Microsoft SQL Server %s RsFx Driver" % y, version, guid=product_code(rng), category="system_component"),
                row("Microsoft VSS Writer for SQL Server %s" % y, version, guid=product_code(rng)),
                row("Browser for SQL Server %s" % y, version, guid=product_code(rng), arch="i586"),
                row("Microsoft SQL Server 2008 Setup Support Files ", "10.3.5500.0", guid="{B40EE88B-400A-4266-A17B-E3DE64E94431}"),
                row("Microsoft SQL Server 2012 Native Client ", "11.4.7462.6", guid="{B9274744-8BAE-4874-8E59-2610919CD419}"),
                row("Sql Server Customer Experience Improvement Program", version, guid=product_code(rng), category="system_component"),
                row("Microsoft ODBC Driver 17 for SQL Server", "17.10.6.1", guid="{1B4D7F2A-5F8E-4C0B-9A8A-0C61B9E7A2D1}"),
                row("Microsoft OLE DB Driver for SQL Server", "18.7.4.0", guid="{3D2E9B55-6A0E-4E51-8D55-8B7D2E7B4F10}"),
                row(update, build, guid="KB" + update.split("(KB")[1].split(")")[0], category="update", release_type="Hotfix")]
        if self.integration:  # on the same system as the engine, so covered by its licence
            out += [row("SQL Server %s Integration Services" % y, version, guid=product_code(rng)) for _ in range(2)]
        return out


class SqlTools:
    """What looks like SQL Server and is none: management studio, drivers, the free LocalDB."""

    releases = []

    def rows(self, rng):
        return [row("Microsoft SQL Server Management Studio - 19.3", "19.3.4.0", guid="{d2c1bd29-3a2c-4e3f-8e73-1f2a2f6f1d11}"),
                row("SQL Server Management Studio", "19.3.20312.0", guid=product_code(rng)),
                row("SQL Server Management Studio for Reporting Services", "19.3.20312.0", guid=product_code(rng)),
                row("Microsoft SQL Server 2012 Native Client ", "11.4.7462.6", guid="{B9274744-8BAE-4874-8E59-2610919CD419}"),
                row("Microsoft ODBC Driver 17 for SQL Server", "17.10.6.1", guid="{1B4D7F2A-5F8E-4C0B-9A8A-0C61B9E7A2D1}"),
                row("Microsoft System CLR Types for SQL Server 2019", "15.0.2000.5", guid=product_code(rng)),
                row("Microsoft SQL Server 2019 LocalDB ", "15.0.4382.1", guid=product_code(rng)),
                row("Microsoft SQL Server Data-Tier Application Framework (x86)", "15.0.5282.3", guid=product_code(rng), arch="i586")]


class Office2021:
    """Click-to-Run volume build: a row a language, and proofing rows that are no install."""

    releases = [("office", "2021")]

    def __init__(self, french, proof):
        self.french, self.proof = french, proof

    def rows(self, rng):
        v = "16.0.14332.20812"
        name = "Microsoft Office LTSC Professional Plus 2021"
        out = [row(name + " - en-us", v, guid="ProPlus2021Volume - en-us")]
        if self.french:
            out.append(row(name + " - fr-fr", v, guid="ProPlus2021Volume - fr-fr"))
        if self.proof:
            out.append(row(name + " - cy-gb.proof", v, guid="ProPlus2021Volume - cy-gb.proof"))
        return out + click_to_run(v)


def click_to_run(v):
    return [row("Office 16 Click-to-Run Extensibility Component", v, guid="{90160000-008C-0000-1000-0000000FF1CE}", category="system_component"),
            row("Office 16 Click-to-Run Localization Component", v, guid="{90160000-008C-0409-1000-0000000FF1CE}", category="system_component"),
            row("Office 16 Click-to-Run Licensing Component", v, guid="{90160000-007E-0000-1000-0000000FF1CE}", category="system_component")]


def msi_2016(name, key, sku, muis):
    """A 2016 installer product: the visible row, its hidden twin, the language parts."""
    v = "16.0.4266.1001"
    out = [row(name, v, guid="Office16." + key, arch="i586"),
           row(name, v, guid="{90160000-%s-0000-0000-0000000FF1CE}" % sku, arch="i586", category="system_component")]
    out += [row(title, v, guid="{90160000-%s-0409-0000-0000000FF1CE}" % part, arch="i586", category="system_component")
            for title, part in muis]
    return out


class Office2016:
    releases = [("office", "2016")]
    MUIS = [("Microsoft Access MUI (English) 2016", "0015"), ("Microsoft Excel MUI (English) 2016", "0016"),
            ("Microsoft PowerPoint MUI (English) 2016", "0018"), ("Microsoft Publisher MUI (English) 2016", "0019"),
            ("Microsoft Outlook MUI (English) 2016", "001A"), ("Microsoft Word MUI (English) 2016", "001B"),
            ("Microsoft Office Proof (English) 2016", "001F"), ("Microsoft Office Proofing (English) 2016", "002C"),
            ("Microsoft Office Shared MUI (English) 2016", "006E"), ("Microsoft OneNote MUI (English) 2016", "00A1"),
            ("Microsoft Office Shared Setup Metadata MUI (English) 2016", "0115")]

    def rows(self, rng):
        out = msi_2016("Microsoft Office Professional Plus 2016", "PROPLUS", "0011", self.MUIS)
        out.append(row("Microsoft Office Proof (French) 2016", "16.0.4266.1001", guid="{90160000-001F-040C-0000-0000000FF1CE}",
                       arch="i586", category="system_component"))
        # Updates of Visio and Project are offered to every PC with Office, through the shared components.
        for title, kb in (("Update for Microsoft Office 2016", "KB4461442"), ("Security Update for Microsoft Office 2016", "KB5002138"),
                          ("Update for Microsoft Visio 2016", "KB4484333"), ("Security Update for Microsoft Project 2016", "KB5002328")):
            out.append(row("%s (%s) 32-Bit Edition" % (title, kb), "", "Microsoft",
                           "{90160000-0011-0000-0000-0000000FF1CE}_Office16.PROPLUS_" + product_code(rng), "i586", "update",
                           release_type="Security Update" if title.startswith("Security") else "Update"))
        return out


class VisioProject2016:
    """The build image's consumables."""

    def __init__(self, also_2013):
        self.also_2013 = also_2013
        self.releases = [("visio", "2016"), ("project", "2016")] + ([("visio", "2013")] if also_2013 else [])

    def rows(self, rng):
        out = msi_2016("Microsoft Visio Professional 2016", "VISPRO", "0051", [("Microsoft Visio MUI (English) 2016", "0054")])
        out += msi_2016("Microsoft Project Professional 2016", "PRJPRO", "003B", [("Microsoft Project MUI (English) 2016", "00B4")])
        if self.also_2013:
            out += [row("Microsoft Visio Professional 2013", "15.0.4569.1506", guid="Office15.VISPRO", arch="i586"),
                    row("Microsoft Visio MUI (English) 2013", "15.0.4569.1506", guid="{90150000-0054-0409-0000-0000000FF1CE}",
                        arch="i586", category="system_component")]
        return out


class VisioViewer:
    releases = []

    def rows(self, rng):
        return [row("Microsoft Visio Viewer 2016", "16.0.4339.1001", guid="{95160000-0052-0409-0000-0000000FF1CE}", arch="i586")]


class Microsoft365:
    releases = []

    def rows(self, rng):
        v = "16.0.18827.20202"
        return [row("Microsoft 365 Apps for enterprise - en-us", v, guid="O365ProPlusRetail - en-us"),
                row("Teams Machine-Wide Installer", "1.7.0.7956", guid="{731F6BAA-A986-45A4-8936-7C3AAAAA760B}", arch="i586"),
                row("Microsoft Visio Viewer 2016", "16.0.4339.1001", guid="{95160000-0052-0409-0000-0000000FF1CE}", arch="i586")
                ] + click_to_run(v)


class ProjectPlan:
    releases = []

    def rows(self, rng):
        return [row("Microsoft Project - en-us", "16.0.18827.20202", guid="ProjectProRetail - en-us")]


class LibraryDesk:
    releases = []

    def rows(self, rng):
        return [row("LibreOffice 24.8.5.2", "24.8.5.2", "The Document Foundation", product_code(rng)),
                row("Netloan Client", "6.4.1", "Lorensbergs", "Netloan Client", arch="i586")]


BOTH_POOL = [
    ("Microsoft Visual C++ 2008 Redistributable - x86 9.0.30729.6161", "9.0.30729.6161", MS), ("Microsoft Visual C++ 2010  x64 Redistributable - 10.0.40219", "10.0.40219", MS),
    ("Microsoft Visual C++ 2010  x86 Redistributable - 10.0.40219", "10.0.40219", MS), ("Microsoft Visual C++ 2012 Redistributable (x64) - 11.0.61030", "11.0.61030.0", MS),
    ("Microsoft Visual C++ 2012 x64 Additional Runtime - 11.0.61030", "11.0.61030", MS), ("Microsoft Visual C++ 2012 x64 Minimum Runtime - 11.0.61030", "11.0.61030", MS),
    ("Microsoft Visual C++ 2013 Redistributable (x64) - 12.0.40664", "12.0.40664.0", MS), ("Microsoft Visual C++ 2013 x86 Minimum Runtime - 12.0.40664", "12.0.40664", MS),
    ("Microsoft Visual C++ 2015-2022 Redistributable (x64) - 14.38.33135", "14.38.33135.0", MS), ("Microsoft Visual C++ 2022 X64 Additional Runtime - 14.38.33135", "14.38.33135", MS),
    ("Microsoft Visual C++ 2022 X64 Minimum Runtime - 14.38.33135", "14.38.33135", MS), ("Microsoft .NET Runtime - 8.0.15 (x64)", "64.60.23253", MS),
    ("Microsoft Windows Desktop Runtime - 8.0.15 (x64)", "64.60.23255", MS), ("Microsoft Visual Studio 2010 Tools for Office Runtime (x64)", "10.0.60917", MS),
    ("Microsoft Edge", "137.0.3296.68", MS), ("Microsoft Edge WebView2 Runtime", "137.0.3296.68", MS), ("Microsoft Edge Update", "1.3.195.61", ""),
    ("7-Zip 24.09 (x64)", "24.09", "Igor Pavlov"), ("Notepad++ (64-bit x64)", "8.7.9", "Notepad++ Team"), ("CrowdStrike Windows Sensor", "7.22.19410.0", "CrowdStrike, Inc."),
    ("CrowdStrike Sensor Platform", "7.22.19410.0", "CrowdStrike, Inc."), ("Windows PC Health Check", "3.7.2204.15001", MS), ("Microsoft GameInput", "10.1.26100.4061", MS),
    ("Local Administrator Password Solution", "6.2.0.0", MS), ("Microsoft Update Health Tools", "5.72.0.0", MS), ("Nessus Agent (x64)", "10.8.3.20012", "Tenable, Inc."),
    ("Windows SDK AddOn", "10.1.0.0", MS), ("Microsoft Web Deploy 4.0", "10.0.8215", MS),
]
SERVER_POOL = [
    ("VMware Tools", "12.4.5.23787635", "VMware, Inc."), ("IIS URL Rewrite Module 2", "7.2.1993", MS), ("Microsoft ODBC Driver 18 for SQL Server", "18.4.1.1", MS),
    ("Azure Connected Machine Agent", "1.52.02996.1936", MS), ("Veritas NetBackup Client", "10.3.0.1", "Veritas Technologies LLC"), ("Microsoft SQL Server 2012 Native Client ", "11.4.7462.6", MS),
    ("Microsoft System CLR Types for SQL Server 2016", "13.0.5026.0", MS), ("Microsoft Report Viewer 2015 Runtime", "12.0.2402.15", MS), ("Java 8 Update 202 (64-bit)", "8.0.2020.8", "Oracle Corporation"),
    ("OpenSSL 3.3.2 Light (64-bit)", "3.3.2", "OpenSSL Win64 Installer Team"), ("NXLog-CE", "3.2.2329", "nxlog.org"), ("WinSCP 6.3.6", "6.3.6", "Martin Prikryl"),
]
PC_POOL = [
    ("Google Chrome", "137.0.7151.69", "Google LLC"), ("Mozilla Firefox ESR (x64 en-GB)", "128.11.0", "Mozilla"), ("Mozilla Maintenance Service", "128.11.0", "Mozilla"),
    ("Adobe Acrobat Reader - English", "25.001.20474", "Adobe Systems Incorporated"), ("Microsoft OneDrive", "25.095.0518.0002", MS), ("Microsoft Teams Meeting Add-in for Microsoft Office", "1.25.14101", "Microsoft"),
    ("Zoom Workplace (64-bit)", "6.4.64747", "Zoom"), ("Cisco Secure Client - AnyConnect VPN", "5.1.8.122", "Cisco Systems, Inc."), ("Dell Command | Update for Windows Universal", "5.5.0", "Dell Inc."),
    ("Realtek Audio Driver", "6.0.9514.1", "Realtek Semiconductor Corp."), ("Intel(R) Management Engine Components", "2336.5.3.0", "Intel Corporation"), ("Microsoft ODBC Driver 17 for SQL Server", "17.10.6.1", MS),
    ("Jabra Direct", "6.20.28601", "GN Audio A/S"), ("PaperCut Print Deploy Client", "1.9.2821", "PaperCut Software"), ("Iken Case Management Client", "9.4.0", "Iken Business Ltd"),
    ("Uniform Spatial Desktop", "10.6.2", "IDOX Software Ltd"), ("Grammarly for Microsoft Office Suite", "6.8.263", "Grammarly"), ("Snagit 2024", "24.4.1.5087", "TechSmith Corporation"),
]
KBS = ("KB5012170", "KB5027397", "KB5042562", "KB5049622", "KB5050188", "KB5054156", "KB5058499", "KB5060829", "KB5062170", "KB5063689")


def softwares(host):
    """The rows of one agent file: thirty to eighty, in the order of a registry walk."""
    if not host.agent or host.kind == "esx":
        return []
    rng = host.rng
    rows = []
    for p in host.products:
        rows += p.rows(rng)
    have = {r["name"] for r in rows}
    pool = BOTH_POOL + (PC_POOL if host.kind == "pc" else SERVER_POOL)
    for name, version, publisher in pool:
        if name == "VMware Tools" and host.kind != "guest":
            continue
        if name not in have and rng.random() < 0.82:
            rows.append(row(name, version, publisher, guid=product_code(rng) if rng.random() < 0.6 else name.strip()))
    agent = {"glpi": "GLPI Agent 1.11", "fusion": "GLPI Agent 1.7.1"}.get(host.agent)
    rows.append(row(agent, agent.split()[-1], "Teclib'", "GLPI-Agent") if agent else
                row("OCS Inventory NG Agent 2.10.1.0", "2.10.1.0", "OCS Inventory NG Team", "OCS Inventory Agent"))
    for kb in KBS:
        if rng.random() < 0.45:
            rows.append(row(kb, "", "Microsoft", kb, category="hotfix", release_type=rng.choice(("Security Update", "Update")), source="WMI"))
    rng.shuffle(rows)
    for r in rows:
        r["date"] = datetime.date(2023 + rng.getrandbits(2) % 3, 1 + int(rng.random() * 12), 1 + int(rng.random() * 28))
    assert 30 <= len(rows) <= 85, (host.name, len(rows))
    return rows


# ---------------------------------------------------------------------------------------------------------------------
# Agents' files

CPU_NAMES = {6: "Intel(R) Xeon(R) CPU E5-2620 v2 @ 2.10GHz", 8: "Intel(R) Xeon(R) Silver 4208 CPU @ 2.10GHz",
             10: "Intel(R) Xeon(R) Silver 4210 CPU @ 2.20GHz", 12: "Intel(R) Xeon(R) Gold 5317 CPU @ 3.00GHz",
             16: "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz"}


def sockets(host):
    """(cores, threads, name) of each processor an agent sees."""
    if host.kind == "guest":
        per = 2 if host.rng.getrandbits(1) and host.vcpus % 2 == 0 else 1
        return [(per, per, host.cpu)] * (host.vcpus // per)
    if host.kind == "pc":
        return [(c, c * 2, "Intel(R) Core(TM) i5-10500T CPU @ 2.30GHz" if c == 6 else "Intel(R) Core(TM) i5-8365U CPU @ 1.60GHz")
                for c in host.processors]
    return [(c, c * 2, CPU_NAMES[c]) for c in host.processors]


def machine(host):
    """(manufacturer, model, vmsystem) of the case."""
    if host.kind == "guest":
        return "VMware, Inc.", "VMware7,1", "VMware"
    if host.kind == "pc":
        return "Dell Inc.", "OptiPlex 7080 Micro" if host.processors[0] == 6 else "Latitude 5400", "Physical"
    return "Dell Inc.", "PowerEdge R640", "Physical"


def device_id(host):
    return "%s-%s" % (host.name.upper(), host.seen.replace(" ", "-").replace(":", "-"))


def address(host):
    return "10.%d.%d.%d" % (20 + COUNCILS.index(host.council), host.rng.getrandbits(6), 10 + host.rng.getrandbits(7))


def glpi_json(host, rows):
    maker, model, vm = machine(host)
    caption, build = host.os
    content = {
        "accesslog": {"logdate": host.seen},
        "bios": {"bdate": "2023-04-18", "bmanufacturer": maker, "bversion": "2.19.1", "smanufacturer": maker,
                 "smodel": model, "ssn": host.serial},
        "cpus": [{"arch": "x86_64", "core": c, "corecount": c, "manufacturer": "Intel", "name": n, "speed": 2100, "thread": t}
                 for c, t, n in sockets(host)],
        "drives": [{"filesystem": "NTFS", "free": 20480 + host.rng.getrandbits(15), "letter": "C:", "systemdrive": True,
                    "total": 130048, "type": "Local Disk"}],
        "hardware": {"chassis_type": "Desktop" if host.kind == "pc" else "Other", "memory": 8192 if host.kind == "pc" else 16384,
                     "name": host.name.upper(), "uuid": str(host.agent_uuid).upper() if host.swapped else str(host.agent_uuid),
                     "vmsystem": vm, "workgroup": "%s.example" % host.council},
        "networks": [{"description": "vmxnet3 Ethernet Adapter" if vm == "VMware" else "Intel(R) Ethernet Connection I219-LM",
                      "ipaddress": address(host), "ipmask": "255.255.255.0", "status": "up", "type": "ethernet"}],
        "operatingsystem": {"arch": "64-bit", "dns_domain": "%s.example" % host.council, "fqdn": host.fqdn, "full_name": caption,
                            "kernel_name": "MSWin32", "kernel_version": build, "name": "Windows", "version": build},
        "softwares": [], "users": [{"domain": host.council.upper(), "login": host.user or "svc-inventory"}],
        "versionclient": "GLPI-Agent_v1.11",
    }
    for r in rows:
        s = {"arch": r["arch"], "from": r.get("source", "registry"), "guid": r["guid"], "install_date": r["date"].isoformat(),
             "name": r["name"], "system_category": r["category"]}
        for key, value in (("publisher", r["publisher"]), ("version", r["version"]), ("release_type", r.get("release_type"))):
            if value:
                s[key] = value
        content["softwares"].append(s)
    top = {"action": "inventory", "content": content, "deviceid": device_id(host), "itemtype": "Computer", "tag": host.council.upper()}
    return (json.dumps(top, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")


def xml_tree(tag, value, out, depth):
    pad = "  " * depth
    if isinstance(value, dict):
        out.append("%s<%s>" % (pad, tag))
        for key, inner in value.items():
            xml_tree(key, inner, out, depth + 1)
        out.append("%s</%s>" % (pad, tag))
    elif isinstance(value, list):
        for item in value:
            xml_tree(tag, item, out, depth)
    elif value is not None:
        out.append("%s<%s>%s</%s>" % (pad, tag, escape(str(value)), tag))


def request_xml(content, device):
    out = ['<?xml version="1.0" encoding="UTF-8" ?>']
    xml_tree("REQUEST", {"CONTENT": content, "DEVICEID": device, "QUERY": "INVENTORY"}, out, 0)
    return ("\n".join(out) + "\n").encode("utf-8")


def fusion_xml(host, rows):
    maker, model, vm = machine(host)
    caption, build = host.os
    return request_xml({
        "ACCESSLOG": {"LOGDATE": host.seen},
        "ACCOUNTINFO": {"KEYNAME": "TAG", "KEYVALUE": host.council.upper()},
        "BIOS": {"BDATE": "04/18/2023", "BMANUFACTURER": maker, "BVERSION": "2.19.1", "SMANUFACTURER": maker, "SMODEL": model,
                 "SSN": host.serial},
        "CPUS": [{"ARCH": "x86_64", "CORE": c, "MANUFACTURER": "Intel", "NAME": n, "SPEED": 2100, "THREAD": t} for c, t, n in sockets(host)],
        "HARDWARE": {"CHASSIS_TYPE": "Desktop" if host.kind == "pc" else "Other", "MEMORY": 8192, "NAME": host.name.upper(),
                     "OSNAME": caption, "OSVERSION": build, "UUID": str(host.agent_uuid).upper(), "VMSYSTEM": vm,
                     "WORKGROUP": "%s.example" % host.council},
        "NETWORKS": {"DESCRIPTION": "Ethernet", "IPADDRESS": address(host), "IPMASK": "255.255.255.0", "STATUS": "Up", "TYPE": "ethernet"},
        "OPERATINGSYSTEM": {"ARCH": "64-bit", "DNS_DOMAIN": "%s.example" % host.council, "FQDN": host.fqdn, "FULL_NAME": caption,
                            "KERNEL_NAME": "MSWin32", "KERNEL_VERSION": build, "NAME": "Windows", "VERSION": build},
        "SOFTWARES": [{"ARCH": r["arch"], "FROM": r.get("source", "registry"), "GUID": r["guid"],
                       "INSTALLDATE": r["date"].strftime("%d/%m/%Y"), "NAME": r["name"], "PUBLISHER": r["publisher"] or None,
                       "RELEASE_TYPE": r.get("release_type"), "SYSTEM_CATEGORY": r["category"], "VERSION": r["version"] or None}
                      for r in rows],
        "VERSIONCLIENT": "GLPI-Agent_v1.7.1",
    }, device_id(host))


def ocs_xml(host, rows):
    maker, model, vm = machine(host)
    caption, build = host.os
    return request_xml({
        "ACCESSLOG": {"LOGDATE": host.seen, "USERID": "N/A"},
        "ACCOUNTINFO": {"KEYNAME": "TAG", "KEYVALUE": host.council.upper()},
        "BIOS": {"BDATE": "04/18/2023", "BMANUFACTURER": maker, "BVERSION": "2.19.1", "SMANUFACTURER": maker, "SMODEL": model,
                 "SSN": host.serial, "TYPE": "Desktop"},
        "CPUS": [{"CORES": c, "CPUARCH": "64", "LOGICAL_CPUS": t, "MANUFACTURER": "GenuineIntel", "NBSOCKET": 1, "SPEED": 2100,
                  "THREADS": t, "TYPE": n} for c, t, n in sockets(host)],
        "HARDWARE": {"ARCH": "x86_64", "IPADDR": address(host), "MEMORY": 8192, "NAME": host.name.upper(), "OSCOMMENTS": "",
                     "OSNAME": caption, "OSVERSION": build, "USERDOMAIN": host.council.upper(), "UUID": str(host.agent_uuid).upper(),
                     "VMSYSTEM": vm, "WORKGROUP": "%s.example" % host.council},
        "SOFTWARES": [{"ARCHITECTURE": r["arch"], "BITSWIDTH": 64 if r["arch"] == "x86_64" else 32, "FROM": "registry",
                       "GUID": r["guid"], "INSTALLDATE": r["date"].strftime("%Y/%m/%d 00:00:00"), "NAME": r["name"],
                       "PUBLISHER": r["publisher"], "VERSION": r["version"]} for r in rows],
        "VERSIONCLIENT": "OCS-NG_WINDOWS_AGENT_v2.10.1.0",
    }, device_id(host))


def esx_xml(host, guests):
    return request_xml({
        "ACCESSLOG": {"LOGDATE": host.seen},
        "ACCOUNTINFO": {"KEYNAME": "TAG", "KEYVALUE": host.council.upper()},
        "BIOS": {"BDATE": "04/18/2023", "BVERSION": "2.19.1", "SMANUFACTURER": "Dell Inc.", "SMODEL": "PowerEdge R640", "SSN": host.serial},
        "CPUS": [{"CORE": c, "MANUFACTURER": "Intel", "NAME": n, "SPEED": 2100, "THREAD": t} for c, t, n in sockets(host)],
        "HARDWARE": {"DNS": "10.21.0.2", "MEMORY": 262144, "NAME": host.name, "OSCOMMENTS": "VMware ESXi 8.0.3 build-24280767",
                     "OSNAME": "VMware ESXi", "OSVERSION": "8.0.3", "UUID": str(host.uuid), "VMSYSTEM": "Physical",
                     "WORKGROUP": "lewisham.example"},
        "OPERATINGSYSTEM": {"BOOT_TIME": "2026-03-12 05:11:40", "FULL_NAME": "VMware ESXi 8.0.3", "KERNEL_VERSION": "8.0.3",
                            "NAME": "VMware ESXi", "VERSION": "8.0.3"},
        "VERSIONCLIENT": "GLPI-Agent_v1.7.1",
        "VIRTUALMACHINES": [{"MEMORY": 8192, "NAME": g.name, "STATUS": "running" if g.powered_on else "off", "UUID": str(g.uuid),
                             "VCPU": g.vcpus, "VMTYPE": "VMware"} for g in guests],
    }, device_id(host))


# ---------------------------------------------------------------------------------------------------------------------
# RVTools

VMWARE_OS = {"2012 R2": "Microsoft Windows Server 2012 (64-bit)", "2016": "Microsoft Windows Server 2016 (64-bit)",
             "2019": "Microsoft Windows Server 2019 (64-bit)", "2022": "Microsoft Windows Server 2022 (64-bit)"}


def vmware_os(guest):
    """VMware's name of the guest system: no edition ever, and 2012 R2 shows as 2012."""
    for product, version in guest.releases:
        if product == "windows-server":
            return VMWARE_OS[version]
    return VMWARE_OS["2022"] if guest.template else "Ubuntu Linux (64-bit)"


def rvtools_tables(hosts, council, smbios_column, short_host):
    """The rows of vInfo, vHost and vCPU as lists of cells; the first row is the header."""
    esx = {h.name: h for h in hosts if h.council == council and h.kind == "esx"}
    guests = [h for h in hosts if h.council == council and h.kind == "guest" and h.on]
    centre = council.capitalize() + " Civic Centre"

    def host_cell(name):
        return name if short_host else esx[name].fqdn

    info = [["VM", "Powerstate", "Template", "SRM Placeholder", "Config status", "DNS Name", "Connection state", "Guest state",
             "Heartbeat", "PowerOn", "CPUs", "Memory", "NICs", "Disks", "Network #1", "Resource pool", "Folder",
             "Provisioned MiB" if smbios_column else "Provisioned MB", "In Use MiB" if smbios_column else "In Use MB",
             "HA Restart Priority", "Firmware", "HW version", "Annotation", "NB_LAST_BACKUP", "Datacenter", "Cluster", "Host",
             "OS according to the configuration file", "OS according to the VMware Tools", "VM ID"]
            + (["SMBIOS UUID"] if smbios_column else [])
            + ["VM UUID", "VI SDK Server type", "VI SDK API Version", "VI SDK Server"]]
    cpu = [["VM", "Powerstate", "Template", "SRM Placeholder", "CPUs", "Sockets", "Cores p/s", "Max", "Overall", "Level", "Shares",
            "Reservation", "Limit", "Hot Add", "Hot Remove", "Datacenter", "Cluster", "Host", "Folder",
            "OS according to the configuration file", "OS according to the VMware Tools"]]
    for i, g in enumerate(guests):
        rng = random.Random("rvtools:" + g.name)
        on = g.powered_on and not g.template
        power = "poweredOn" if on else "poweredOff"
        shown = g.fqdn if i % 7 == 3 else g.name
        memory = "16,384" if i % 4 == 0 else "8,192"
        system = vmware_os(g)
        backup = ("Sat Jun 27 21:04:%02d 2026\n,%s-bkup01,Daily_VM" % (i % 60, council[:3])) if i % 3 == 0 else ""
        instance = uuid.UUID(bytes=bytes([0x50]) + rng.getrandbits(120).to_bytes(15, "big"))
        info.append([shown, power, str(g.template), "False", "green", g.fqdn if on and "Windows" in system else "", "connected",
                     "running" if on else "notRunning", "green" if on else "gray", "2026/05/19 05:%02d:14" % (i % 60) if on else "",
                     g.vcpus, memory, 1, 2, "VLAN-%d" % (100 + i % 5), "Resources", "Servers/" + council.capitalize(),
                     "%d,%03d" % (90 + i % 40, rng.getrandbits(9)), "%d,%03d" % (40 + i % 30, rng.getrandbits(9)), "medium", "efi", 19,
                     "", backup, centre, esx[g.on].cluster, host_cell(g.on), system, system if on else "", "vm-%d" % (1001 + 7 * i)]
                    + ([str(g.uuid)] if smbios_column else [])
                    + [str(instance if smbios_column else g.uuid), "VMware vCenter Server 8.0.3 build-24322831", "8.0.3.0",
                       "%s-vc-01.%s.example" % (council[:3], council)])
        per = 2 if g.vcpus > 2 else 1
        cpu.append([shown, power, str(g.template), "False", g.vcpus, g.vcpus // per, per, 2095 * g.vcpus, 120 + rng.getrandbits(8),
                    "normal", 1000 * g.vcpus, 0, -1, "False", "False", centre, esx[g.on].cluster, host_cell(g.on),
                    "Servers/" + council.capitalize(), system, system if on else ""])
    head = ["Host", "Datacenter", "Cluster", "Config status", "in Maintenance Mode", "CPU Model", "Speed", "HT Available", "HT Active",
            "# CPU", "Cores per CPU", "# Cores", "CPU usage %", "# Memory", "Memory usage %", "# NICs", "# HBAs", "# VMs", "# vCPUs",
            "ESX Version", "Boot time", "DNS Servers", "Vendor", "Model", "Serial number", "Service tag", "UUID"]
    table = [head]
    for h in esx.values():
        own = [g for g in guests if g.on == h.name and not g.template]
        table.append([h.fqdn, centre, h.cluster, "green", "False", CPU_NAMES[h.processors[0]], 2095, "True", "True", len(h.processors),
                      h.processors[0], h.cores, 21, "262,144" if h.cores > 20 else "131,072", 47, 4, 2, len(own),
                      sum(g.vcpus for g in own), "VMware ESXi 8.0.3 build-24280767", "2026/03/12 05:11:40",
                      "10.20.0.2, 10.20.0.3", "Dell Inc.", "PowerEdge R640", h.serial, h.serial, str(h.uuid)])
    return {"vInfo": info, "vHost": table, "vCPU": cpu}


# ---------------------------------------------------------------------------------------------------------------------
# Files: CSV, workbooks, deterministic writing


def csv_bytes(table, end="\n", delimiter=","):
    text = io.StringIO()
    csv.writer(text, lineterminator=end, delimiter=delimiter).writerows(table)
    return text.getvalue().encode("utf-8")


def column_name(index):
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


class Workbook:
    """A small real workbook: shared strings, a date style, numbers as numbers. `extra` places single far cells."""

    def __init__(self):
        self.sheets, self.strings, self.extra, self.dimensions = [], {}, {}, {}

    def sheet(self, name, table, extra=None, dimension=None):
        self.sheets.append((name, table))
        self.extra[name], self.dimensions[name] = extra or [], dimension

    def cell(self, ref, value):
        if value is None or value == "":
            return ""
        if isinstance(value, datetime.date):
            return '<c r="%s" s="1"><v>%d</v></c>' % (ref, (value - datetime.date(1899, 12, 30)).days)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return '<c r="%s"><v>%s</v></c>' % (ref, value)
        index = self.strings.setdefault(str(value), len(self.strings))
        return '<c r="%s" t="s"><v>%d</v></c>' % (ref, index)

    def parts(self):
        head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        pack = "http://schemas.openxmlformats.org/package/2006"
        sheets = []
        for name, table in self.sheets:
            rows = []
            for y, line in enumerate(table):
                cells = "".join(self.cell("%s%d" % (column_name(x), y + 1), v) for x, v in enumerate(line))
                rows.append('<row r="%d">%s</row>' % (y + 1, cells))
            for ref, number, value in self.extra[name]:
                rows.append('<row r="%d">%s</row>' % (number, self.cell(ref, value)))
            width = max(len(line) for line in table)
            dimension = self.dimensions[name] or "A1:%s%d" % (column_name(width - 1), len(table))
            sheets.append('%s<worksheet xmlns="%s"><dimension ref="%s"/><sheetData>%s</sheetData></worksheet>'
                          % (head, main, dimension, "".join(rows)))
        n = len(sheets)
        types = "".join('<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                        'spreadsheetml.worksheet+xml"/>' % (i + 1) for i in range(n))
        sst = "".join('<si><t xml:space="preserve">%s</t></si>' % escape(s) for s in self.strings)
        out = [("[Content_Types].xml", head + '<Types xmlns="%s/content-types"><Default Extension="rels" ContentType="application/vnd.'
                'openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override '
                'PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
                '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
                '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
                'sharedStrings+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.'
                'core-properties+xml"/>%s</Types>' % (pack, types)),
               ("_rels/.rels", head + '<Relationships xmlns="%s/relationships"><Relationship Id="rId1" Type="%s/officeDocument" '
                'Target="xl/workbook.xml"/><Relationship Id="rId2" Type="%s/relationships/metadata/core-properties" '
                'Target="docProps/core.xml"/></Relationships>' % (pack, rel, pack)),
               ("docProps/core.xml", head + '<cp:coreProperties xmlns:cp="%s/metadata/core-properties" xmlns:dc="http://purl.org/dc/'
                'elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
                '<dcterms:created xsi:type="dcterms:W3CDTF">2026-06-28T06:00:00Z</dcterms:created></cp:coreProperties>' % pack),
               ("xl/workbook.xml", head + '<workbook xmlns="%s" xmlns:r="%s"><sheets>%s</sheets></workbook>' % (main, rel, "".join(
                   '<sheet name="%s" sheetId="%d" r:id="rId%d"/>' % (name, i + 1, i + 1) for i, (name, _) in enumerate(self.sheets)))),
               ("xl/_rels/workbook.xml.rels", head + '<Relationships xmlns="%s/relationships">%s<Relationship Id="rId%d" Type="%s/styles" '
                'Target="styles.xml"/><Relationship Id="rId%d" Type="%s/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
                % (pack, "".join('<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>' % (i + 1, rel, i + 1)
                                 for i in range(n)), n + 1, rel, n + 2, rel)),
               ("xl/styles.xml", head + '<styleSheet xmlns="%s"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
                '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
                '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf '
                'numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" '
                'fillId="0" borderId="0" xfId="0"/><xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" '
                'applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
                '</styleSheet>' % main),
               ("xl/sharedStrings.xml", head + '<sst xmlns="%s" count="%d" uniqueCount="%d">%s</sst>'
                % (main, len(self.strings), len(self.strings), sst))]
        return out + [("xl/worksheets/sheet%d.xml" % (i + 1), text) for i, text in enumerate(sheets)]

    def bytes(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as z:
            for name, text in self.parts():
                z.writestr(zipfile.ZipInfo(name, (2026, 6, 28, 6, 0, 0)), text.encode("utf-8"), zipfile.ZIP_DEFLATED, 9)
        return buffer.getvalue()


def unpacked(data):
    """What is inside a compressed file: builds of zlib differ in their output, never in this."""
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            return [(i.filename, z.read(i)) for i in z.infolist()]
    return zlib.decompress(data)


class Writer:
    """Writes below one folder; a compressed file whose content has not changed is left alone, and the rest goes."""

    def __init__(self, root, folders):
        self.root, self.folders, self.paths = root, folders, []

    def write(self, path, data):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        self.paths.append(path)
        if path.endswith((".ocs", ".xlsx")) and os.path.exists(full):
            with open(full, "rb") as f:
                old = f.read()
            try:
                if unpacked(old) == unpacked(data):
                    return
            except (zlib.error, zipfile.BadZipFile):
                pass
        with open(full, "wb") as f:
            f.write(data)

    def sweep(self):
        for folder in self.folders:
            for here, _, names in os.walk(os.path.join(self.root, folder)):
                for name in names:
                    path = os.path.relpath(os.path.join(here, name), self.root)
                    if path not in self.paths:
                        os.remove(os.path.join(self.root, path))


def write_inventories(out, hosts):
    """Returns the number of software rows by council."""
    records = dict.fromkeys(COUNCILS, 0)
    for h in hosts:
        if not h.agent:
            continue
        stem = "inventory/%s/%s" % (h.council, h.name)
        if h.kind == "esx":
            out.write(stem + ".xml", esx_xml(h, [g for g in hosts if g.kind == "guest" and g.on == h.name]))
            continue
        rows = softwares(h)
        records[h.council] += len(rows)
        if h.agent == "glpi":
            out.write(stem + ".json", glpi_json(h, rows))
        elif h.agent == "fusion":
            out.write(stem + ".xml", fusion_xml(h, rows))
        elif h.agent == "ocs":
            out.write(stem + ".xml", ocs_xml(h, rows))
        else:
            out.write(stem + ".ocs", zlib.compress(ocs_xml(h, rows), 9))

    for name, table in rvtools_tables(hosts, "brent", smbios_column=True, short_host=False).items():
        out.write("inventory/brent/RVTools_tab%s.csv" % name, csv_bytes(table, "\r\n"))
    book = Workbook()
    for name, table in rvtools_tables(hosts, "southwark", smbios_column=False, short_host=True).items():
        book.sheet(name, table)
    book.sheet("vMetaData", [["RVTools major version", "RVTools version", "xlsx creation datetime", "Server"],
                             ["4.6", "4.6.1", "2026-06-28 06:00:00", "sou-vc-01.southwark.example"]])
    out.write("inventory/southwark/RVTools_export_all_2026-06-28.xlsx", book.bytes())

    # A file cut off in transfer, and a picture that somebody left among the inventories.
    lost = Host("sou-pc-019", "pc", processors=[6], agent="glpi", seen="2026-06-23 08:15:22", os=CLIENT["11"], products=[LibraryDesk()])
    whole = glpi_json(lost, softwares(lost))
    out.write("inventory/southwark/sou-pc-019.json", whole[:len(whole) * 3 // 5])
    out.write("inventory/brent/rack-plan.png", png(48, 32))
    out.write("inventory/southwark/manifest.toml", MANIFEST.encode("utf-8"))
    return records


def png(width, height):
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    lines = b"".join(b"\0" + bytes(0x30 if (x // 8 + y // 4) % 2 else 0xD0 for x in range(width)) for y in range(height))
    stored = b"\x78\x01\x01" + len(lines).to_bytes(2, "little") + (len(lines) ^ 0xFFFF).to_bytes(2, "little") + lines \
        + zlib.adler32(lines).to_bytes(4, "big")
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", stored) + chunk(b"IEND", b"")


def manifest_users():
    text = ""
    for i, (name, devices) in enumerate(southwark_people(), 1):
        plans = ["microsoft-365-apps"] + (["project-plan-3"] if i >= 5 else [])
        text += "\n[[user]]\nname = \"%s\"\ndevices = [%s]\nsubscriptions = [%s]\n" % (
            name, ", ".join('"%s"' % d for d in devices), ", ".join('"%s"' % p for p in plans))
    return text


MANIFEST = """\
# Machines on closed networks that no agent reaches, and who holds which subscription. Kept by hand by the service desk.

[[host]]
name = "sou-cctv-01"
serial = "CZJ94201K7"
processors = [8, 8]
processor_model = "Intel Xeon"
last_seen = 2026-06-15
installs = [{ product = "windows-server", edition = "standard", version = "2019" }]

[[host]]
name = "sou-cctv-02"
serial = "CZJ94201K8"
processors = [8, 8]
processor_model = "Intel Xeon"
last_seen = 2026-06-15
installs = [{ product = "ubuntu", version = "22.04" }]

[[host]]
name = "sou-nas-01"
serial = "QH20B77120"
processors = [6]
last_seen = 2026-06-15
installs = [{ product = "ubuntu", version = "24.04" }]

[[entitlement]]
product = "windows-server"
edition = "standard"
version = "2019"
metric = "core"
quantity = 16
bought = 2020-11-09
assigned_to = ["sou-cctv-01"]
reference = "SOU-PO-20-3307"
""" + manifest_users()

# ---------------------------------------------------------------------------------------------------------------------
# Purchases, prices, settings

PURCHASE_COLUMNS = ("organisation product edition version metric quantity kind channel bought sa_from sa_until subscription_from "
                    "subscription_until reference agreement base assigned_to shared_with note").split()


def date(text):
    return datetime.date.fromisoformat(text)


def line(**cells):
    for key in cells:
        assert key in PURCHASE_COLUMNS, key
    return cells


PURCHASES = {
    "brent": [
        line(product="Windows Server", edition="Standard", version="2012", metric="processor-pair", quantity=7, bought="2013-02-01",
             sa_from="2013-02-01", sa_until="2016-01-31", reference="BRE-PO-13-0117", agreement="EA 5501201",
             note="Software Assurance not renewed: budget round 2016/17"),
        line(product="Windows Server", edition="Standard", version="2012 R2", metric="processor-pair", quantity=2, bought="2014-05-01",
             sa_from="2014-05-01", sa_until="2016-04-30", reference="BRE-PO-14-0420", agreement="EA 5501201", assigned_to="bre-esx-06"),
        line(product="Windows Server", edition="Standard", version="2012 R2", metric="processor-pair", quantity=2, kind="sa-only",
             bought="2016-05-01", sa_from="2016-05-01", sa_until="2018-04-30", reference="BRE-PO-16-0398", agreement="EA 5501201",
             base="BRE-PO-14-0420", note="renewal without a gap"),
        line(product="windows-server", edition="standard", version="2019", metric="core", quantity=16, bought="2019-06-03",
             reference="BRE-PO-19-1022", agreement="MPSA 0042", assigned_to="bre-fil-01"),
        line(product="windows-server", edition="datacenter", version="2022", metric="core", quantity=64, bought="2022-03-14",
             reference="BRE-PO-22-0231", agreement="MPSA 0042", assigned_to="bre-esx-01;bre-esx-02"),
        line(product="SQL Server", edition="Standard", version="2016", metric="core", quantity=4, bought="2017-09-04",
             reference="BRE-PO-17-0850", agreement="MPSA 0042", assigned_to="bre-sql-03"),
        line(product="SQL Server", edition="Standard", version="2017", metric="core", quantity=6, bought="2018-04-16",
             reference="BRE-PO-18-0301", agreement="MPSA 0042", assigned_to="bre-sql-01", note="three 2-packs"),
        line(product="SQL Server", edition="Standard", version="2019", metric="core", quantity=8, bought="2020-10-01",
             sa_from="2020-10-01", sa_until="2026-09-30", reference="BRE-PO-20-0777", agreement="EA 7719004", assigned_to="bre-sql-02"),
        line(product="Office", edition="Professional Plus", version="2021", metric="device", quantity=20, bought="2022-02-07",
             reference="BRE-PO-22-0117", agreement="MPSA 0042"),
    ],
    "lewisham": [
        line(product="windows-server", edition="standard", version="2019", metric="core", quantity=48, bought="2019-10-01",
             reference="LEW-4500017711", agreement="MPSA 0107", assigned_to="lew-esx-01"),
        line(product="windows-server", edition="standard", version="2019", metric="core", quantity=16, bought="2019-10-01",
             reference="LEW-4500017712", agreement="MPSA 0107", assigned_to="lew-esx-02"),
        line(product="windows-server", edition="standard", version="2012 R2", metric="processor-pair", quantity=1, bought="2014-11-03",
             reference="LEW-4500008805", agreement="Select 82S1", assigned_to="lew-esx-02"),
        line(product="windows-server", edition="standard", version="2012 R2", metric="processor-pair", quantity=2, bought="2014-11-03",
             reference="LEW-4500008806", agreement="Select 82S1", assigned_to="lew-esx-03"),
        line(product="SQL Server", edition="Standard", version="2019", metric="core", quantity=12, bought="2020-02-17",
             reference="LEW-4500018420", agreement="MPSA 0107", note="for lew-sql-01 and lew-sql-02"),
        line(product="Office", edition="Professional Plus", version="2016", metric="device", quantity=28, bought="2016-04-11",
             reference="LEW-4500011002", agreement="Select 82S1"),
        line(product="Visio", edition="Professional", version="2016", metric="device", quantity=5, bought="2016-04-11",
             reference="LEW-4500011003", agreement="Select 82S1", note="planning and property teams"),
        line(product="Project", edition="Professional", version="2016", metric="device", quantity=3, bought="2016-04-11",
             reference="LEW-4500011004", agreement="Select 82S1"),
    ],
    "southwark": [
        line(product="Windows Server", edition="Standard", version="2019", metric="core", quantity=120, bought="2019-07-15",
             reference="SOU-PO-19-2204", agreement="EA 6630017", assigned_to="sou-esx-01;sou-esx-02;sou-esx-03", note="two sets a host"),
        line(product="Windows Server", edition="Standard", version="2019", metric="core", quantity=32, bought="2019-07-15",
             reference="SOU-PO-19-2205", agreement="EA 6630017", assigned_to="sou-esx-04"),
        line(product="Windows Server", edition="Standard", version="2012 R2", metric="processor-pair", quantity=2, bought="2014-03-03",
             reference="SOU-PO-14-0091", agreement="EA 4402219", assigned_to="sou-esx-05"),
        line(product="Microsoft 365 Apps", metric="user", quantity=12, kind="licence", channel="csp", bought="2025-10-01",
             subscription_from="2025-10-01", subscription_until="2026-09-30", reference="SOU-CSP-2510-1", agreement="CSP 90117"),
        line(product="Project Plan 3", metric="user", quantity=6, kind="licence", channel="csp", bought="2023-04-01",
             subscription_from="2023-04-01", subscription_until="2026-03-31", reference="SOU-CSP-2304-7", agreement="CSP 90117",
             note="term ended, not renewed"),
    ],
}
# Two files a council where a ledger would have two; southwark keeps a workbook.
PURCHASE_FILES = {"brent": [("server-licences.csv", 0, 5), ("sql-and-desktop.csv", 5, 9)],
                  "lewisham": [("purchase-ledger.csv", 0, 8)], "southwark": []}

PRICE_COLUMNS = "product edition version metric units amount currency per kind from until level source".split()
MADE_UP = "made up for the demonstration, no publisher's list"
PRICES = [
    ("windows-server", "standard", "core", 16, "850.00", "licence", "licence"),
    ("windows-server", "standard", "core", 2, "110.00", "licence", "licence"),
    ("windows-server", "datacenter", "core", 16, "5200.00", "licence", "licence"),
    ("windows-server", "datacenter", "core", 2, "670.00", "licence", "licence"),
    ("sql-server", "standard", "core", 2, "2900.00", "licence", "licence"),
    ("sql-server", "enterprise", "core", 2, "11100.00", "licence", "licence"),
    ("visio", "professional", "device", 1, "420.00", "licence", "licence"),
    # Project Professional is left out on purpose: a needed price that is missing must be named.
    ("office", "professional-plus", "device", 1, "430.00", "licence", "licence"),
    ("visio-plan-2", "", "user", 1, "12.40", "month", "subscription"),
    ("project-plan-3", "", "user", 1, "24.50", "month", "subscription"),
    ("microsoft-365-apps", "", "user", 1, "9.80", "month", "subscription"),
    # Software Assurance a year, and a step-up: no position uses them, plans do.
    ("windows-server", "standard", "core", 2, "27.50", "year", "sa"),
    ("windows-server", "datacenter", "core", 2, "167.50", "year", "sa"),
    ("sql-server", "standard", "core", 2, "725.00", "year", "sa"),
    ("sql-server", "enterprise", "core", 2, "2775.00", "year", "sa"),
    ("sql-server", "enterprise", "core", 2, "8400.00", "licence", "step-up"),
]


def purchase_table(council, lines, dates_as_text):
    table = [PURCHASE_COLUMNS]
    for cells in lines:
        out = []
        for key in PURCHASE_COLUMNS:
            value = cells.get(key, "")
            if key == "organisation":
                value = council
            if value and not dates_as_text and (key == "bought" or key.endswith(("_from", "_until"))):
                value = date(value)
            out.append(value)
        table.append(out)
    return table


def write_purchases(out):
    for council in COUNCILS:
        lines = PURCHASES[council]
        for name, start, end in PURCHASE_FILES[council]:
            out.write("entitlements/%s/%s" % (council, name), csv_bytes(purchase_table(council, lines[start:end], True)))
    book = Workbook()
    book.sheet("Purchases", purchase_table("southwark", PURCHASES["southwark"], False))
    out.write("entitlements/southwark/licence-register.xlsx", book.bytes())
    table = [PRICE_COLUMNS]
    for product, edition, metric, units, amount, per, kind in PRICES:
        table.append([product, edition, "", metric, units, amount, "GBP", per, kind, "2026-01-01", "", "", MADE_UP])
    out.write("prices/demonstration-prices.csv", csv_bytes(table))


SETTINGS = """\
# The demonstration estate: three made-up councils. README.md works out every figure by hand.

as_of = 2026-06-30
currency = "GBP"
stale_after_days = 90

[[organisation]]
name = "brent"
title = "London Borough of Brent (made-up estate)"

[[organisation]]
name = "lewisham"
title = "London Borough of Lewisham (made-up estate)"

[[organisation]]
name = "southwark"
title = "London Borough of Southwark (made-up estate)"

# Servers past support: Brent accepts the risk until the housing system moves, Lewisham pays for
# extended updates, Southwark has done neither.
[[acceptance]]
organisation = "brent"
product = "windows-server"
version = "2012 R2"
kind = "unsupported"
reason = "Legacy case systems, separated network, retired by the end of 2026"
owner = "Head of Infrastructure"
review_by = 2026-12-31

# An acceptance whose review date has passed protects nothing: the finding is back.
[[acceptance]]
organisation = "southwark"
product = "windows"
version = "10"
kind = "unsupported"
reason = "Library desks waiting for new hardware"
owner = "Library Systems Manager"
review_by = 2026-03-31

[[extended_support]]
organisation = "lewisham"
product = "windows-server"
version = "2012 R2"
from = 2023-10-11
until = 2026-10-13
units = 48
metric = "esu-core"
reference = "LEW-4500022090"

# Lewisham orders what grew once a year; Visio and Project are not on its agreement. The others buy as they go.
[[agreement]]
number = "LEW-EA-2024"
name = "Enterprise Agreement of Lewisham (made up)"
vehicle = "enterprise-agreement"
organisations = ["lewisham"]
start = 2024-08-15
end = 2027-08-14
last_order = 2025-07-10
products = ["windows-server", "sql-server"]

# Answered so that both readings agree; it moves no figure, because no file says when Visio was last used.
[[answer]]
question = "D-08"
organisation = "lewisham"
product = "visio"
answer = "strict"
evidence = "Visio is part of the build image; no usage record is kept"
approver = "Software Asset Manager"
review_by = 2026-12-31
"""

# ---------------------------------------------------------------------------------------------------------------------
# What must come out. The figures are written down by hand (README.md) and checked here against the machines above.

SUPPORT_ENDS = {("windows-server", "2012 R2"): "2023-10-10", ("windows-server", "2016"): "2027-01-12",
                ("windows-server", "2019"): "2029-01-09", ("windows-server", "2022"): "2031-10-14", ("windows", "10"): "2025-10-14",
                ("windows", "11"): "2027-10-12", ("sql-server", "2016"): "2026-07-14", ("sql-server", "2017"): "2027-10-12",
                ("sql-server", "2019"): "2030-01-08", ("sql-server", "2022"): "2033-01-11", ("office", "2016"): "2025-10-14",
                ("office", "2021"): "2026-10-13", ("visio", "2013"): "2023-04-11", ("visio", "2016"): "2025-10-14",
                ("project", "2016"): "2025-10-14"}

EXPECTED = [
    # organisation, product, edition, metric, required, usable, shortfall, surplus, range, cost, section
    ("brent", "windows-server", "standard", "core", 120, 48, 72, 0, None, "3840.00", "B1: 2016 servers on 2012 licences"),
    ("brent", "windows-server", "standard", "processor-pair", 5, 7, 0, 2, None, None, "B2: 2012 R2 by processor pairs"),
    ("brent", "windows-server", "datacenter", "core", 64, 64, 0, 0, None, None, "B3: the Datacenter cluster"),
    ("brent", "sql-server", "standard", "core", 20, 18, 2, 0, None, "2900.00", "B4: SQL guests"),
    ("brent", "sql-server", "enterprise", "core", 0, 0, 0, 0, None, None, "B5: free editions"),
    ("brent", "office", "professional-plus", "device", 24, 20, 4, 0, (20, 24), "1720.00", "B6: stale PCs"),
    ("lewisham", "visio", "professional", "device", 24, 5, 19, 0, None, "7980.00", "L1: Visio and Project in the image"),
    ("lewisham", "project", "professional", "device", 24, 3, 21, 0, None, None, "L1: Visio and Project in the image (no price: must be named)"),
    ("lewisham", "office", "professional-plus", "device", 28, 28, 0, 0, None, None, "L1: Visio and Project in the image"),
    ("lewisham", "sql-server", "enterprise", "core", 8, 0, 8, 0, None, "44400.00", "L2: Enterprise installed, Standard bought"),
    ("lewisham", "sql-server", "standard", "core", 4, 12, 0, 8, None, None, "L2: Enterprise installed, Standard bought"),
    ("lewisham", "windows-server", "standard", "core", 96, 64, 32, 0, (80, 96), "1700.00", "L3 and L4: hosts, and guests nobody can place"),
    ("lewisham", "windows-server", "standard", "processor-pair", 3, 3, 0, 0, None, None, "L3: mixed versions on one host"),
    ("southwark", "windows-server", "standard", "core", 244, 168, 76, 0, (168, 244), "4060.00", "S1 and S2: cluster mobility, powered-off guests"),
    ("southwark", "windows-server", "standard", "processor-pair", 2, 2, 0, 0, None, None, "S3: 2012 R2 with nothing done"),
    ("southwark", "sql-server", "enterprise", "core", 4, 0, 4, 0, (0, 4), "22200.00", "S4: an engine without an edition"),
    ("southwark", "microsoft-365-apps", "", "user", 10, 12, 0, 2, None, None, "S5: subscriptions"),
    ("southwark", "project-plan-3", "", "user", 6, 0, 6, 0, None, None, "S5: subscriptions"),
]

# The rows that change under the customer's reading.
EXPECTED_CUSTOMER = [
    ("brent", "office", "professional-plus", "device", 20, 20, 0, 0, None, "B6: stale PCs"),
    ("lewisham", "windows-server", "standard", "core", 80, 64, 16, 0, "850.00", "L4: guests nobody can place"),
    ("southwark", "windows-server", "standard", "core", 168, 168, 0, 0, None, "S1 and S2: cluster mobility, powered-off guests"),
    ("southwark", "sql-server", "enterprise", "core", 0, 0, 0, 0, None, "S4: an engine without an edition"),
]


def sets(host, systems):
    return -(-systems // 2) * max(16, sum(max(8, c) for c in host.processors))


def pairs(host, systems):
    return max(-(-len(host.processors) // 2), -(-systems // 2))


def packs(units, offers):
    """The cheapest combination of packs that holds at least `units`, in pence."""
    best = [0] + [None] * units
    for n in range(1, units + 1):
        best[n] = min(best[max(0, n - size)] + price for size, price in offers)
    return best[units]


def check_arithmetic(hosts):
    """The hand-made figures against the same rules applied to the machines; a slip of the pen stops here."""
    by_name = {h.name: h for h in hosts}

    def systems(on, version=None, on_only=False):
        return sum(1 for g in hosts if g.kind == "guest" and g.on == on and g.os and not g.template
                   and (version is None or ("windows-server", version) in g.releases) and (g.powered_on or not on_only))

    def core(*names):
        return sum(sets(by_name[n], systems(n)) for n in names)

    def guest_cores(*names):
        return sum(max(4, by_name[n].vcpus) for n in names)

    def devices(council, product):
        return sum(1 for h in hosts if h.council == council and h.kind == "pc" and any(p == product for p, _ in h.releases))

    cluster = ["sou-esx-01", "sou-esx-02", "sou-esx-03"]
    all_guests = sum(systems(n) for n in cluster)
    required = {
        ("brent", "windows-server", "standard", "core"): core("bre-esx-03", "bre-esx-04", "bre-esx-06") + sets(by_name["bre-fil-01"], 1),
        ("brent", "windows-server", "standard", "processor-pair"): pairs(by_name["bre-esx-05"], systems("bre-esx-05")) + pairs(by_name["bre-dc-01"], 1),
        ("brent", "windows-server", "datacenter", "core"): by_name["bre-esx-01"].cores + by_name["bre-esx-02"].cores,
        ("brent", "sql-server", "standard", "core"): guest_cores("bre-sql-01") * 2 + guest_cores("bre-sql-02", "bre-sql-03"),
        ("brent", "sql-server", "enterprise", "core"): 0,
        ("brent", "office", "professional-plus", "device"): devices("brent", "office"),
        ("lewisham", "visio", "professional", "device"): devices("lewisham", "visio"),
        ("lewisham", "project", "professional", "device"): devices("lewisham", "project"),
        ("lewisham", "office", "professional-plus", "device"): devices("lewisham", "office"),
        ("lewisham", "sql-server", "enterprise", "core"): guest_cores("lew-sql-01"),
        ("lewisham", "sql-server", "standard", "core"): guest_cores("lew-sql-02"),
        ("lewisham", "windows-server", "standard", "core"): core("lew-esx-01") + sets(by_name["lew-esx-02"], systems("lew-esx-02", "2019")) + 2 * 16,
        ("lewisham", "windows-server", "standard", "processor-pair"): pairs(by_name["lew-esx-02"], systems("lew-esx-02", "2012 R2"))
        + pairs(by_name["lew-esx-03"], systems("lew-esx-03")),
        ("southwark", "windows-server", "standard", "core"): sum(sets(by_name[n], all_guests) for n in cluster) + core("sou-esx-04") + 16,
        ("southwark", "windows-server", "standard", "processor-pair"): pairs(by_name["sou-esx-05"], systems("sou-esx-05")),
        ("southwark", "sql-server", "enterprise", "core"): guest_cores("sou-sql-01"),
        ("southwark", "microsoft-365-apps", "", "user"): 10,
        ("southwark", "project-plan-3", "", "user"): 6,
    }
    prices = {}
    for product, edition, metric, units, amount, per, kind in PRICES:
        if per == "licence" and kind == "licence":
            prices.setdefault((product, edition, metric), []).append((units, int(amount.replace(".", ""))))
    for council, product, edition, metric, need, usable, short, surplus, span, cost, why in EXPECTED:
        key = (council, product, edition, metric)
        assert required.pop(key) == need, (key, need)
        assert short == max(0, need - usable) and (short == 0 or surplus == 0), key
        assert surplus == 0 or surplus == usable - need, key
        assert span is None or need in span, key
        if cost:
            assert packs(short, prices[key[1:]]) == int(cost.replace(".", "")), (key, packs(short, prices[key[1:]]))
    assert not required, required
    # The customer's side of the three ranges that rest on hosts.
    n_plus_1 = -(-all_guests // (len(cluster) - 1))
    customer = sum(sets(by_name[n], n_plus_1) for n in cluster) + sets(by_name["sou-esx-04"], systems("sou-esx-04", on_only=True)) + 16
    assert customer == 168, customer
    assert core("lew-esx-01") + 16 + 16 == 80
    spans = {e[:4]: e[8] for e in EXPECTED if e[8]}
    for e in EXPECTED_CUSTOMER:
        assert e[4] in spans.pop(e[:4]) and e[6] == max(0, e[4] - e[5]), e
        assert not e[8] or packs(e[6], prices[e[1:4]]) == int(e[8].replace(".", "")), e
    assert not spans, spans
    fresh = sum(1 for h in hosts if h.council == "brent" and h.kind == "pc" and not is_stale(h))
    assert fresh == 20, fresh


def is_stale(host):
    return bool(host.seen) and (AS_OF - date(host.seen[:10])).days > STALE_AFTER_DAYS


def support_rows(hosts):
    """(organisation, product, version, status, count, until), one host and release counting once."""
    # sou-cctv-02 stands in Southwark's manifest only.
    count = {("southwark", "ubuntu", "22.04", "ending", "2027-04-01"): 1}
    for h in hosts:
        for product, version in h.releases:
            until = SUPPORT_ENDS[(product, version)]
            if date(until) < AS_OF:
                status = "unsupported"
                if (product, version) == ("windows-server", "2012 R2"):
                    status = {"brent": "accepted", "lewisham": "extended", "southwark": "unsupported"}[h.council]
            elif date(until) <= AS_OF.replace(year=AS_OF.year + 1):
                status = "ending"
            else:
                continue
            key = (h.council, product, version, status, until)
            count[key] = count.get(key, 0) + 1
    return sorted((c, p, v, s, n, u) for (c, p, v, s, u), n in count.items())


def expected_row(table, council, product, edition, metric, need, usable, short, surplus, span, cost, why):
    out = ["[[%s]]" % table, 'organisation = "%s"' % council, 'product = "%s"' % product]
    if edition:
        out.append('edition = "%s"' % edition)
    out += ['metric = "%s"' % metric, "required = %d" % need, "usable = %d" % usable, "shortfall = %d" % short, "surplus = %d" % surplus]
    if span:
        out.append("range = [%d, %d]" % span)
    if cost:
        out.append('cost = "%s"' % cost)
    return out + ['why = "README.md, %s"' % why, ""]


def expected_toml(hosts, records, paths):
    out = ["# What a scan of this estate must find. Written by generate.py; README.md works each figure out by hand.",
           "# Strict reading unless said otherwise. `range` is [low, high] of `required` over both readings. A key left out is not checked.", ""]
    for e in EXPECTED:
        out += expected_row("row", *e)
    out += ["# The rows that change under the customer's reading, with what they change to.", ""]
    for council, product, edition, metric, need, usable, short, surplus, cost, why in EXPECTED_CUSTOMER:
        out += expected_row("customer_row", council, product, edition, metric, need, usable, short, surplus, None, cost, why)
    out += ["# Needed, and in no price list: must be named as missing, never counted as zero.", "[[missing_price]]",
            'organisation = "lewisham"', 'product = "project"', 'edition = "professional"', 'metric = "device"',
            'why = "README.md, L1: Visio and Project in the image"', "",
            "# Hosts and releases past support, or whose support ends within twelve months of the as-of date. One host and release counts",
            '# once. status: "unsupported", "accepted" (an acceptance in force), "extended" (paid for), "ending" (within twelve months).', ""]
    for council, product, version, status, n, until in support_rows(hosts):
        out += ["[[support]]", 'organisation = "%s"' % council, 'product = "%s"' % product, 'version = "%s"' % version,
                'status = "%s"' % status, "count = %d" % n, "until = %s" % ("2026-10-13" if status == "extended" else until),
                'why = "README.md, P: support"', ""]
    out += ["# Hosts after joining agents, hypervisor exports and the manifest; the template in Brent's vInfo is no host.", "[coverage]",
            "hosts = %d" % sum(coverage(hosts, c)["hosts"] for c in COUNCILS)]
    for council in COUNCILS:
        out += ["", "[coverage.%s]" % council] + ["%s = %s" % item for item in coverage(hosts, council).items()]
        out.append('why = "README.md, C: coverage"')
    found = [p for p in paths if p.startswith(("inventory/", "entitlements/", "prices/"))]
    out += ["", "# Files below inventory/, entitlements/ and prices/. README.md, generate.py and trueup.toml stand beside them.",
            "[files]", "found = %d" % len(found), "read = %d" % (len(found) - 2), "partly_read = 0", "rejected = 1", "ignored = 1",
            'rejected_files = ["inventory/southwark/sou-pc-019.json"]', 'ignored_files = ["inventory/brent/rack-plan.png"]',
            'why = "README.md, F: files and records"', "",
            "# Software rows in readable agent files, as they stand there: duplicates, components and updates included.", "[records]"]
    out += ["%s = %d" % (c, records[c]) for c in COUNCILS]
    out += ["total = %d" % sum(records.values()), 'why = "README.md, F: files and records"']
    return ("\n".join(out) + "\n").encode("utf-8")


def coverage(hosts, council):
    own = [h for h in hosts if h.council == council and not h.template]
    by_hand = 3 if council == "southwark" else 0
    return {"hosts": len(own) + by_hand, "hypervisor_hosts": sum(h.kind == "esx" for h in own),
            "guests": sum(h.kind == "guest" for h in own), "physical_servers": sum(h.kind == "server" for h in own),
            "pcs": sum(h.kind == "pc" for h in own), "manifest_only": by_hand,
            "with_software": sum(bool(h.agent) and h.kind != "esx" for h in own),
            "guests_without_agent": sum(h.kind == "guest" and not h.agent for h in own),
            "guests_unplaced": sum(h.kind == "guest" and not h.on for h in own),
            "powered_off": sum(not h.powered_on for h in own), "stale": sum(is_stale(h) for h in own)}


def main():
    hosts = estate()
    check_arithmetic(hosts)
    out = Writer(HERE, ("inventory", "entitlements", "prices"))
    records = write_inventories(out, hosts)
    write_purchases(out)
    out.write("trueup.toml", SETTINGS.encode("utf-8"))
    out.write("../../tests/data/councils-expected.toml", expected_toml(hosts, records, out.paths))
    out.sweep()


if __name__ == "__main__":
    main()

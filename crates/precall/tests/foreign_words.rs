//! Tests the attributes that precall does not know: the words of other systems for conditions, names of the operator's own,
//! and what each does to a rule.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use precall::rule::{Entry, Item, UnknownAttribute, unknown_attributes};
use precall_test::{Case, entry};
use serde_json::{Value, json};

const NUMBER: &str = "+13155550100";

fn item(number: &str, status: &str, name: &str, value: &Value) -> Value {
    let mut item = json!({ "number": number, "rule": "r", "status": status, name: value });
    if status == "CHANGE_DESTINATION" {
        item["code"] = json!("+13605550112");
    }
    item
}

fn unknown(item: &Value) -> Vec<UnknownAttribute> {
    unknown_attributes(&serde_json::from_value::<Item>(item.clone()).unwrap())
}

/// Returns the mistakes of an item; empty if it is valid.
fn reasons(item: &Value) -> Vec<String> {
    match entry(item) {
        Entry::Rule(_) | Entry::Fact(_) => Vec::new(),
        Entry::Invalid(invalid) => invalid.reasons,
    }
}

/// Each word as a rule of another system would have it, and what to write instead.
#[test]
fn words_for_conditions_make_a_wildcard_rule_invalid() {
    let cases: Vec<(&str, Value, &str)> = vec![
        // places
        ("state", json!("FL"), "`places: US-FL`"),
        ("State", json!("CA"), "`places: US-CA`"),
        ("states", json!("FL, GA"), "`places: US-FL,US-GA`"),
        ("us_states", json!(["TX", "OK"]), "`places: US-TX,US-OK`"),
        ("state", json!("Rhode Island"), "`places: US-RI`"),
        ("state", json!("!NY"), "`places: !US-NY`"),
        ("state_code", json!("PR"), "`places: PR`"),
        ("stateName", json!("nowhere at all"), "`places`"),
        ("callee-state", json!("FL"), "`places: US-FL`"),
        ("allowedStates", json!("FL"), "`places: US-FL`"),
        ("Blocked_States__c", json!("FL"), "`places: US-FL`"),
        ("region", json!("QC"), "`places: CA-QC`"),
        ("regions", json!("US-FL"), "`places: US-FL`"),
        ("province", json!("ON"), "`places: CA-ON`"),
        ("provinces", json!(["ON", "QC"]), "`places: CA-ON,CA-QC`"),
        ("country", json!("CA"), "`places: CA`"),
        ("countries", json!("UK"), "`places: GB`"),
        ("countryCode", json!("US"), "`places: US`"),
        ("iso_code", json!("GB"), "`places: GB`"),
        ("country_iso", json!("JM"), "`places: JM`"),
        ("nation", json!("Jamaica"), "`places: JM`"),
        ("territory", json!("PR"), "`places: PR`"),
        ("territories", json!("GU"), "`places: GU`"),
        ("location", json!("US-FL"), "`places: US-FL`"),
        ("locations", json!("anywhere"), "`places`"),
        ("jurisdiction", json!("FL"), "`places: US-FL`"),
        ("geo", json!("US"), "`places: US`"),
        ("place", json!("US-FL"), "`places: US-FL`"),
        ("city", json!("Miami"), "`places`"),
        ("zip_code", json!("33101"), "`places`"),
        ("postalCode", json!("33101"), "`places`"),
        ("county", json!("Dade"), "`places`"),
        ("lead_state", json!("FL"), "`places: US-FL`"),
        // callee
        ("area_code", json!("305"), "`to: +1305*`"),
        ("areaCodes", json!(["305", "786"]), "`to: +1305*,+1786*`"),
        ("areacode", json!(305), "`to: +1305*`"),
        ("npa", json!("305"), "`to: +1305*`"),
        ("npa_nxx", json!("305555"), "`to`"),
        ("prefix", json!("1900"), "`to: +1900*`"),
        ("dial_prefix", json!("+44"), "`to: +44*`"),
        ("destination_prefix", json!("44"), "`to: +44*`"),
        ("prefixes", json!(["+44", "+353"]), "`to: +44*,+353*`"),
        ("pattern", json!("+1900*"), "`to: +1900*`"),
        ("dial_pattern", json!("1NXXNXXXXXX"), "`to`"),
        ("number_pattern", json!("+1900*"), "`to: +1900*`"),
        ("regex", json!("^1900"), "`to`"),
        ("match", json!("+1900*"), "`to: +1900*`"),
        ("match_exp", json!("^9"), "`to`"),
        ("numbers", json!(["+13155550101"]), "`to: +13155550101`"),
        ("phone", json!("+13155550101"), "`to: +13155550101`"),
        ("phoneNumber", json!("+13155550101"), "`to: +13155550101`"),
        ("phone_numbers", json!("+13155550101"), "`to: +13155550101`"),
        ("telephone", json!("x"), "`to`"),
        ("msisdn", json!("13155550101"), "`to: 13155550101`"),
        ("dnis", json!("+13155550101"), "`to: +13155550101`"),
        ("dest", json!("+44*"), "`to: +44*`"),
        ("dst", json!("+44*"), "`to: +44*`"),
        ("destination", json!("+44*"), "`to: +44*`"),
        ("destination_number", json!("+44*"), "`to: +44*`"),
        ("whitelisted_destinations", json!(["US"]), "`to`"),
        ("called_number", json!("+44*"), "`to: +44*`"),
        ("callee", json!("+44*"), "`to: +44*`"),
        ("cld", json!("+44*"), "`to: +44*`"),
        ("to_number", json!("+44*"), "`to: +44*`"),
        ("digits", json!("44"), "`to: +44*`"),
        ("startsWith", json!("+44"), "`to: +44*`"),
        ("phone_code", json!("44"), "`to: +44*`"),
        ("target", json!("+44*"), "`to: +44*`"),
        ("except", json!("+1315*"), "`to`, with `!`"),
        ("exclude", json!("+1315*"), "`to`, with `!`"),
        ("not", json!("+1315*"), "`to`, with `!`"),
        ("exceptions", json!("x"), "`to`, with `!`"),
        ("only", json!("+1315*"), "an attribute for each condition"),
        ("Condition", json!("x"), "an attribute for each condition"),
        ("conditions", json!([{}]), "an attribute for each condition"),
        ("filter", json!("x"), "an attribute for each condition"),
        ("criteria", json!("x"), "an attribute for each condition"),
        ("mobile", json!(true), "`to`"),
        ("line_type", json!("mobile"), "`to`"),
        ("denylist", json!("x"), "`to`"),
        // caller
        ("caller_id", json!("+12125550100"), "`from: +12125550100`"),
        ("callerid", json!("+1212*"), "`from: +1212*`"),
        ("callerIdNumber", json!("+1212*"), "`from: +1212*`"),
        ("caller", json!("+1212*"), "`from: +1212*`"),
        ("cli", json!("+1212*"), "`from: +1212*`"),
        ("ani", json!("+1212*"), "`from: +1212*`"),
        ("ANI", json!("+1212*"), "`from: +1212*`"),
        ("calling_number", json!("+1212*"), "`from: +1212*`"),
        ("campaignCallingNum", json!("x"), "`from`"),
        ("outboundCallerId", json!("+1212*"), "`from: +1212*`"),
        ("from_number", json!("+1212*"), "`from: +1212*`"),
        ("cid", json!("+1212*"), "`from: +1212*`"),
        // days and dates
        ("date", json!("2026-12-25"), "`dates`"),
        ("month", json!("12"), "`dates`"),
        ("date_range", json!("x"), "`dates`"),
        ("blackoutDates", json!("x"), "`dates`"),
        ("dayOfMonth", json!("25"), "`dates`"),
        ("day", json!("Mon"), "`days: Mon`"),
        ("dayOfWeek", json!("Mon-Fri"), "`days: Mon-Fri`"),
        ("days_of_week", json!(["Mon", "Tue"]), "`days: Mon,Tue`"),
        ("weekday", json!("Mon"), "`days: Mon`"),
        ("week_days", json!("Mon"), "`days: Mon`"),
        ("allowed_days", json!("Mon"), "`days: Mon`"),
        ("monday", json!("09:00-17:00"), "`days`"),
        ("holiday", json!("x"), "`holidays`"),
        // hours
        ("time", json!("08:00-21:00"), "`hours: 08:00-21:00`"),
        ("times", json!("08:00-21:00"), "`hours: 08:00-21:00`"),
        ("when", json!("at night"), "`hours`"),
        ("window", json!("08:00-21:00"), "`hours: 08:00-21:00`"),
        ("calling_window", json!("08:00-21:00"), "`hours: 08:00-21:00`"),
        ("schedule", json!("08:00-21:00"), "`hours: 08:00-21:00`"),
        ("timeWindow", json!("08:00-21:00"), "`hours: 08:00-21:00`"),
        ("business_hours", json!("08:00-21:00"), "`hours: 08:00-21:00`"),
        ("quietHours", json!("21:00-08:00"), "`hours: 21:00-08:00`"),
        ("openHours", json!({}), "`hours`"),
        ("local_call_time", json!("12pm-5pm"), "`hours: 12pm-5pm`"),
        ("start_time", json!("08:00"), "`hours`"),
        ("endTime", json!("21:00"), "`hours`"),
        ("timerec", json!("x"), "`hours`"),
        ("time_of_day", json!("x"), "`hours`"),
        ("timeCondition", json!("x"), "`hours`"),
        ("restrictedPeriods", json!([]), "`hours`"),
        ("callableTimeSet", json!("x"), "`hours`"),
        // clock
        ("tz", json!("America/New_York"), "`timezone`"),
        ("time_zone", json!("x"), "`timezone`"),
        ("timeZoneId", json!("x"), "`timezone`"),
        ("localTimeZoneConfig", json!({}), "`timezone`"),
        ("gmt_offset", json!(-5), "`timezone`"),
        ("zone", json!("x"), "`timezone`"),
        // caps
        ("limit", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("max", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("max_per_day", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("attempts", json!("3"), "`max_calls: 3` with `per: 24h`"),
        ("MaxAttempts", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("maxAttemptsPerNumber", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("max_attempts_per_contact", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("NumberOfAttempts", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("maxDialAttempts", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("calls_per_day", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("calls_per_cld", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("dailyLimit", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("daily_cap", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("call_limit", json!("three"), "`max_calls`"),
        ("concurrent_call_limit", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("frequency", json!("daily"), "`max_calls`"),
        ("maxCalls", json!(3), "`max_calls: 3` with `per: 24h`"),
        ("period", json!("24h"), "`per`"),
        ("reset_period", json!("24h"), "`per`"),
        ("cooldown", json!("24h"), "`per`"),
        ("group_by", json!("callee"), "`count_by`"),
        ("percentage", json!(10), "`percent`"),
        ("rollout", json!(10), "`percent`"),
        ("sample_rate", json!(10), "`percent`"),
        // clients
        ("tenant", json!("a"), "`clients`"),
        ("tenantId", json!("a"), "`clients`"),
        ("vendor", json!("a"), "`clients`"),
        ("key", json!("a"), "`clients`"),
        ("apiKey", json!("a"), "`clients`"),
        ("client", json!("a"), "`clients`"),
        ("Principal", json!("a"), "`clients`"),
        ("dialer", json!("a"), "`clients`"),
        // switches and lifetimes
        ("valid_to", json!("2026-12-01"), "`expires_at: 2026-12-01`"),
        ("end_at", json!("2026-12-01"), "`expires_at: 2026-12-01`"),
        ("EffectiveTo", json!("2026-12-01"), "`expires_at: 2026-12-01`"),
        ("ttl", json!(1798761600), "`expires_at: 1798761600`"),
        ("expires", json!("soon"), "`expires_at`"),
        ("expiresAt", json!("2026-12-01"), "`expires_at: 2026-12-01`"),
        ("duration", json!("30d"), "`expires_at`"),
        ("effectiveFrom", json!("2026-12-01"), "`starts_at: 2026-12-01`"),
        ("valid_from", json!("2026-12-01"), "`starts_at: 2026-12-01`"),
        ("paused", json!(true), "`enabled: false`"),
        ("inactive", json!(true), "`enabled: false`"),
        ("IsDeleted", json!(true), "`enabled: false`"),
        ("is_active", json!(false), "`enabled: false`"),
        ("disabled", json!("yes"), "`enabled: false`"),
        ("mode", json!("test"), "`shadow`"),
        ("test", json!(true), "`shadow`"),
        ("dryRun", json!(true), "`shadow`"),
        ("log_only", json!(true), "`shadow`"),
        ("enforced", json!(false), "`shadow`"),
        ("direction", json!("outbound"), "`side`"),
        ("Effect", json!("Deny"), "`status`"),
        ("precedence", json!(1), "`priority`"),
        // misspellings
        ("expire_at", json!("2026-12-01"), "`expires_at: 2026-12-01`"),
        ("clinets", json!("a"), "`clients`"),
        ("form", json!("+1212*"), "`from: +1212*`"),
        ("palces", json!("FL"), "`places: US-FL`"),
        ("priorty", json!(1), "`priority`"),
        ("plaeces", json!("x"), "`places`"),
    ];
    assert!(cases.len() >= 150, "{}", cases.len());
    let mut wrong = Vec::new();
    for (name, value, better) in cases {
        let item = item("*", "REJECT", name, &value);
        let reasons = reasons(&item);
        let wanted = format!("`{name}`: not an attribute of a rule; did you mean {better}");
        if !(reasons.len() == 1 && reasons[0].starts_with(&wanted)) {
            wrong.push(format!("{name}={value}: {reasons:?}, not {better}"));
        }
        let advised: Vec<String> = unknown(&item).into_iter().map(|unknown| unknown.advice).collect();
        if advised != reasons {
            wrong.push(format!("{name}={value}: {advised:?} differs from {reasons:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A law's or list's REJECT is not lost because somebody added data of their own.
#[test]
fn names_of_the_operators_own_change_nothing() {
    let names = [
        "ticket",
        "owner",
        "department",
        "team",
        "campaign",
        "campaign_id",
        "updatedAt",
        "updated_at",
        "updatedBy",
        "createdAt",
        "created_at",
        "created_by",
        "createdBy",
        "date_created",
        "dateModified",
        "lastModified",
        "last_modified_date",
        "modified",
        "author",
        "name",
        "Name",
        "description",
        "comment",
        "comments",
        "notes",
        "source",
        "origin",
        "type",
        "__typename",
        "_id",
        "id",
        "ID",
        "uuid",
        "guid",
        "pk",
        "sk",
        "PK",
        "SK",
        "GSI1PK",
        "gsi1sk",
        "version",
        "_version",
        "_v",
        "__v",
        "_lastChangedAt",
        "revision",
        "etag",
        "hash",
        "checksum",
        "category",
        "tag",
        "tags",
        "labels",
        "title",
        "email",
        "url",
        "link",
        "reference",
        "ref",
        "role",
        "parent",
        "data",
        "metadata",
        "history",
        "audit",
        "approved_by",
        "approvedAt",
        "reviewed",
        "reviewer",
        "project",
        "case_number_id",
        "site",
        "size",
        "sites",
        "slide",
        "codec",
        "peer",
        "timeline",
        "status_at",
        "x_state",
        "X_Hours",
        "x_anything at all",
        "list_file",
        "requested_by",
        "recording",
        "recording_url",
        "complaint_id",
        "complaint_date",
        "date_added",
        "added_at",
        "blocked_by",
        "imported_at",
        "importedFrom",
        "language",
        "score",
        "attempt_count",
        "last_attempt",
        "last_call",
        "color",
        "sort",
        "disposition",
        "rank",
        "list_id",
        "lead_id",
        "agent",
        "queue",
        "skill",
        "SystemModstamp",
        "OwnerId",
        "CreatedById",
        "hubspot_id",
    ];
    assert!(names.len() >= 60, "{}", names.len());
    let mut wrong = Vec::new();
    for name in names {
        for value in [json!("NY"), json!(7), json!({ "a": 1 })] {
            for (number, status) in
                [("*", "REJECT"), (NUMBER, "REJECT"), (NUMBER, "PROCEED"), (NUMBER, "CHANGE_DESTINATION")]
            {
                let item = item(number, status, name, &value);
                let Entry::Rule(rule) = entry(&item) else {
                    wrong.push(format!("{item}: {:?}", reasons(&item)));
                    continue;
                };
                let unknown = unknown(&item);
                if !rule.repairs.is_empty() || unknown.iter().any(|unknown| unknown.meant.is_some()) {
                    wrong.push(format!("{item}: {:?} {unknown:?}", rule.repairs));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names as dialers, telephone exchanges, customer databases and policy languages have them, by the attribute that each means.
#[test]
fn names_of_many_systems_are_recognised() {
    let mut wrong = Vec::new();
    for (known, names) in [
        (
            "places",
            "states allowed_states state_list stateCodes region_code regionCode countries_allowed \
             allowed_countries blockedCountries country_list destination_country dest_country callee_country \
             to_country to_state calling_states target_states geo_filter geoLocation country_name \
             subdivision_code province_code us_state usState stateProvince state_province not_states \
             except_states exclude_states excludeStates",
        ),
        (
            "from",
            "from_state caller_state match_cid not_from caller_ids callerIds callerId caller_number callerNumber \
             caller_id_number cli_prefix source_number sourceNumber ani_prefix anis calling_party \
             calling_party_number calling_number originating_number outbound_caller_id outbound_cid from_numbers \
             fromNumber sender caller_pattern caller_prefix",
        ),
        (
            "to",
            "areaCodeList area_code_list excluded_area_codes excludeAreaCodes npaNxx npa-nxx nxx phone_prefix \
             phonePrefix numberPrefix number_prefix destPrefix destination_prefixes prefix_list dial_prefixes \
             callee_prefix callee_number calleeNumber called_party called_party_number calledNumber \
             calledPartyNumber destinationNumber destination_numbers to_numbers toNumber phone_number_pattern \
             destination_pattern destinationPattern match_pattern matchPattern pattern_match match_pattern_prefix \
             match_prefix number_range range_start rangeStart exclude_numbers excludedNumbers except_numbers \
             not_numbers notTo not_to exclude_to except_to onlyTo blocklist blackList deny_list whitelist_numbers \
             blacklist_numbers recipients recipient recipient_number receiver lead_phone customer_phone \
             contact_number mobile_number cell_phone telephone_number phones e164 msisdns conditions \
             filter_expression where_clause applies_to applies_when match_all criteria_list targets \
             target_numbers target_list",
        ),
        (
            "days",
            "week_days weekDays dow day_of_the_week dayOfWeekList open_days business_days workdays weekend \
             weekends days_allowed allowedDays excluded_days monday_hours in_days",
        ),
        ("holidays", "holiday_list holidayCalendar skip_holidays"),
        ("dates", "blackout_dates excludedDates exclude_dates except_dates not_dates months day_of_month"),
        (
            "starts_at",
            "start_month start_at startAt starts startsOn begin_date beginDate beginning effective_start \
             effectiveStart effective_at effectiveDate activation_date active_start validFromDate valid_from_date",
        ),
        ("calling_hours", "callingHours"),
        (
            "hours",
            "calling_hours_start calling_hours_end call_window callWindow call_windows calling_times \
             allowed_hours allowed_times hours_allowed hourStart start_hour end_hour startHour endHour hour_from \
             hour_to from_hour to_hour from_time to_time time_start time_end time_slots timeSlots time_range \
             time_ranges time_frame office_hours officeHours working_hours workingHours opening_hours \
             openingHours quiet_hours quiet_time contact_hours contact_window contactTimes call_schedule \
             calling_schedule schedule_hours callTimes local_time local_hours localTime hours_of_operation \
             business_time after_hours night_time daytime time_window window_hours window_days stop_time \
             call_after call_before callAfter dial_before contact_after no_later_than",
        ),
        ("timezone", "time_zones timeZones timezone_name tzName utc_offset utcOffset gmtOffset local_tz"),
        (
            "max_calls",
            "max_call maxcalls maxCallsPerDay max_calls_per_day max_calls_per_week calls_per_week callsPerDay \
             call_limit callLimit call_cap callCap daily_call_limit daily_limit weekly_limit attempt_limit \
             attemptLimit max_attempts maxAttempts max_attempt_count maximum_attempts max_daily_attempts \
             attempts_per_day attemptsPerDay call_attempts dial_attempts max_dials max_retries rate_limit \
             rateLimit frequency_limit frequency_cap per_day per_week perDay day_limit limit_per_day quota \
             max_count limits",
        ),
        (
            "per",
            "interval_hours cool_down cooldown_hours cooldownPeriod cooling_off period_days rolling_days \
             within_days lookback lookback_days days_between min_days_between",
        ),
        ("percent", "percentage_of_calls pct traffic_percent trafficShare sample_percent rollout_percent"),
        ("clients", "api_keys apiKeys client_ids client_list tenants vendors vendor_name tenantID key_name"),
        (
            "shadow",
            "test_mode testMode is_test isTest simulate dry-run dryrun shadow_mode shadowMode log_only \
             monitor_only observe_only enforcement_mode",
        ),
        (
            "enabled",
            "active_date ended ended_at cancel_date cancelled_at cancelDate canceledAt deletedAt delete_flag \
             deleteFlag is_deleted deleted_on archived isArchived archived_at suspended isSuspended on_hold hold \
             revokedOn revoke_date revocationTime withdrawn_at consent_withdrawn consent_revoked consentRevokedAt \
             rescinded rescinded_at superseded_by replaced_by voided isVoid is_valid isValid valid_days \
             status_active active_yn activeFlag activeInd enabledFlag is_enabled disable_date disabledAt \
             inactive_date inactivated_at deactivated_at skip skipped",
        ),
        (
            "expires_at",
            "active_end activeUntil valid_to_date validToDate valid_till validTill validThrough expires_on \
             expiresOn expires_after expireAfter expiry_time expiryTime expirydate expdate exp_date expDate \
             expiration_ts expires_ts expireTs ttl_epoch ttlEpoch time_to_live endAt end_ts endTs endDateTime \
             end_datetime termination_date validity_period validityEnd",
        ),
    ] {
        for name in names.split_ascii_whitespace() {
            let rule = item("*", "REJECT", name, &json!("x"));
            let meant: Vec<Option<&str>> = unknown(&rule).iter().map(|unknown| unknown.meant).collect();
            if meant != [Some(known)] || reasons(&rule).is_empty() {
                wrong.push(format!("{name}: {meant:?}, not {known}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names of customer databases, programs and tables that are not a part of a rule.
#[test]
fn names_of_other_data_are_the_operators_own() {
    let names = "account account_id accountId address age alias amount assigned_to assignee batch batch_id birthday \
                 birth_date dob browser business call_id call_sid case channel company consent_date consent_text \
                 consent_ip consent_type contact contact_id content context copy count created_on currency customer \
                 customer_id customer_name dateAdded date_of_birth deal device display_name domain due_date \
                 entry_date event external_id file first_name flag format full_name gender group group_id icon \
                 import_id index industry info ip ip_address job language last_name lead lead_source level line list \
                 list_name list_date locale lock lock_version login logo manager member method nickname number_id \
                 object office opened_at operator opt_in opt_in_date order order_id org organization organization_id \
                 owner_id page path payload person phone_id photo plan policy_id position product profile program \
                 provider_id quantity query question record_id record_type received_at registered_at \
                 registration_date request_id result row rule_id rule_name rule_version ruleType salutation sent_at \
                 session source_id store subject submitted_at subscriber suffix summary synced_at system table \
                 template text thread timestamp token total transaction unit update_time upload_date user user_id \
                 username vendor_ref warehouse website workflow workspace scrub_date complaint_date date_of_request \
                 requested_on consent_at call_date contact_date endpoint end_user start_url testimonial keywords \
                 keyId primary_key sort_key partition_key hash_key public_key statement estate stage statistics staff \
                 latitude longitude lat lng mobile_verified number_verified phone_verified client_name place_of_birth \
                 country_of_birth state_of_mind region_manager time_created timeCreated creation_time test_id \
                 trial_id period_id limit_reason prefix_name case_state approval_state workflow_state dateOfBirth \
                 monthly_fee percent_complete schedule_id cap_id window_id rank key_account direction_id shift_lead \
                 holiday_name message_id message_count reason_code cause ext extension fax email_optout hard_bounce \
                 type_of_number line_number case_number ticket_number account_number reference_number serial_number \
                 order_number policy_number contract_number call_count total_calls calls_made last_called_at \
                 next_call_at attempts_made retry_count confirmed confirmed_at verified verified_at signature \
                 signed_at document_id hours_worked days_old age_days day_added weekday_added placed_by placed_at \
                 invalid_reason valid_number_checked end_reason started_by ended_by activeCampaignId \
                 active_directory_id live_agent on_behalf_of exp_id effective_rate starter ending";
    for name in names.split_ascii_whitespace() {
        for (number, status) in [("*", "REJECT"), (NUMBER, "REJECT"), (NUMBER, "PROCEED")] {
            let item = item(number, status, name, &json!("x"));
            assert_eq!(reasons(&item), Vec::<String>::new(), "{item}");
            assert_eq!(unknown(&item)[0].meant, None, "{item}");
        }
    }
}

#[test]
fn some_names_are_not_reported_at_all() {
    let item = json!({
        "number": "*", "rule": "r", "status": "REJECT", "note": "n", "NOTE ": "m", "x_team": "a", "X_Team2": "b",
        "list_file": "abc", "owner": null, "state": null, "to": "+1900*",
    });
    assert_eq!(unknown(&item), []);
    let own = json!({ "number": "*", "rule": "r", "status": "REJECT", "to": "+1900*", "owner": "anna", "notee": "x" });
    let own = unknown(&own);
    assert_eq!(own.len(), 2, "{own:?}");
    assert_eq!(own[0].advice, "`notee`: not an attribute of a rule; did you mean `note`?");
    assert_eq!(
        own[1].advice,
        "`owner`: not an attribute of a rule, so it has no effect; write `x_owner`, or put it into `note`"
    );
}

/// Names about validity, in the spellings of databases, programs and other systems.
const VALIDITY: [(&str, &str); 62] = [
    ("ExpirationTime", "expires_at"),
    ("expirationTime", "expires_at"),
    ("expiration_time", "expires_at"),
    ("expirationtime", "expires_at"),
    ("EXPIRATION_TIME", "expires_at"),
    ("expiration-date", "expires_at"),
    ("Expiration Date", "expires_at"),
    ("expirationDate", "expires_at"),
    ("expire_time", "expires_at"),
    ("expire_on", "expires_at"),
    ("expiry", "expires_at"),
    ("expiry_date", "expires_at"),
    ("expiryDate", "expires_at"),
    ("expires", "expires_at"),
    ("expiresAt", "expires_at"),
    ("expires_in", "expires_at"),
    ("ExpiresOn", "expires_at"),
    ("exp", "expires_at"),
    ("expired", "expires_at"),
    ("is_expired", "expires_at"),
    ("consent_expires", "expires_at"),
    ("ConsentExpiryDate__c", "expires_at"),
    ("permissionValidUntil", "expires_at"),
    ("ttl", "expires_at"),
    ("TTL", "expires_at"),
    ("_ttl", "expires_at"),
    ("ttl_seconds", "expires_at"),
    ("time_to_live", "expires_at"),
    ("timeToLive", "expires_at"),
    ("until", "expires_at"),
    ("valid_until", "expires_at"),
    ("validuntil", "expires_at"),
    ("ValidTo", "expires_at"),
    ("valid_thru", "expires_at"),
    ("validity", "expires_at"),
    ("not_after", "expires_at"),
    ("effective_to", "expires_at"),
    ("EffectiveTo", "expires_at"),
    ("effectiveUntil", "expires_at"),
    ("end_date", "expires_at"),
    ("endsAt", "expires_at"),
    ("good_until", "expires_at"),
    ("effective_from", "starts_at"),
    ("EffectiveFrom", "starts_at"),
    ("effective", "starts_at"),
    ("effective_date", "starts_at"),
    ("valid_from", "starts_at"),
    ("start_date", "starts_at"),
    ("active", "enabled"),
    ("is_active", "enabled"),
    ("isActive", "enabled"),
    ("ACTIVE_FLAG", "enabled"),
    ("isEnabled", "enabled"),
    ("inactive", "enabled"),
    ("disabled", "enabled"),
    ("deleted", "enabled"),
    ("IsDeleted", "enabled"),
    ("deleted_at", "enabled"),
    ("revoked", "enabled"),
    ("revokedAt", "enabled"),
    ("revocation_date", "enabled"),
    ("valid", "enabled"),
];

/// With a consent (PROCEED, 200) above a do-not-call rule (REJECT, 100), an end that is not read would let the calls through
/// for ever.
#[test]
fn a_consent_with_an_unread_end_lets_no_call_through() {
    let dnc = json!({ "number": NUMBER, "rule": "dnc", "status": "REJECT", "priority": 100 });
    for (name, known) in VALIDITY {
        for value in [json!("2020-01-01"), json!(true)] {
            for (status, code) in [("PROCEED", Value::Null), ("CHANGE_DESTINATION", json!("+13605550112"))] {
                let consent = json!({
                    "number": NUMBER, "rule": "consent", "status": status, "code": code, "priority": 200, name: value,
                });
                let advised = unknown(&consent);
                assert_eq!(advised.len(), 1, "{consent}");
                assert_eq!(advised[0].meant, Some(known), "{consent}");
                assert_eq!(reasons(&consent), [advised[0].advice.clone()], "{consent}");
                assert_eq!(Case::new(&[dnc.clone(), consent.clone()]).to(NUMBER).winner(), "?consent", "{consent}");
            }
        }
    }
}

/// A REJECT under a number only rejects longer without its end, so it keeps rejecting, and the record shows this.
#[test]
fn a_reject_under_a_number_is_not_lost_because_of_an_unread_end() {
    for (name, known) in VALIDITY {
        let dnc = json!({ "number": NUMBER, "rule": "dnc", "status": "Reject", name: "2020-01-01" });
        let Entry::Rule(rule) = entry(&dnc) else { panic!("{dnc}: {:?}", reasons(&dnc)) };
        let advised = unknown(&dnc);
        assert_eq!((advised.len(), advised[0].meant), (1, Some(known)), "{dnc}");
        assert!(advised[0].advice.contains(", so it does not limit the REJECT; did you mean `"), "{advised:?}");
        assert_eq!(rule.stricter, [advised[0].advice.clone()]);
        assert!(rule.repairs.is_empty());
        assert_eq!(Case::new(&[dnc]).to(NUMBER).winner(), "dnc");
    }
}

/// Under `*`, a rule with an unread end may be about other calls than it should, so it is invalid. But a switch that says what
/// is so anyway, as programs write it into each record, takes no law out of force.
#[test]
fn a_law_stays_in_force_with_a_switch_that_agrees() {
    for (name, value, is_valid) in [
        ("isActive", json!(true), true),
        ("is_active", json!("yes"), true),
        ("IsDeleted", json!(false), true),
        ("_deleted", json!(0), true),
        ("revoked", json!("false"), true),
        ("isActive", json!(false), false),
        ("IsDeleted", json!(true), false),
        ("inactive", json!("since Monday"), false),
        ("deletedAt", json!("2020-01-01"), false),
        ("deletedAt", json!(null), true),
        ("expires", json!("2020-01-01"), false),
        ("effective_from", json!("2020-01-01"), false),
    ] {
        let law = item("*", "REJECT", name, &value);
        assert_eq!(reasons(&law).is_empty(), is_valid, "{law}: {:?}", reasons(&law));
        let allow = item("*", "PROCEED", name, &value);
        assert_eq!(reasons(&allow).is_empty(), value.is_null(), "{allow}");
    }
}

#[test]
fn a_rule_that_lets_through_may_not_say_that_calls_must_stop() {
    for name in ["do_not_call", "DoNotCall", "dnc", "is_dnc", "optedOut", "opt_out_date", "unsubscribed", "blocked"] {
        for number in ["*", NUMBER] {
            assert_eq!(reasons(&item(number, "REJECT", name, &json!(true))), Vec::<String>::new(), "{name}");
            let reasons = reasons(&item(number, "PROCEED", name, &json!(true)));
            assert!(reasons[0].ends_with("did you mean `status`?"), "{name}: {reasons:?}");
        }
    }
}

/// Words that describe a person are not a condition of the person's own rule.
#[test]
fn the_address_of_a_persons_rule_is_no_condition() {
    for name in
        ["city", "zip", "zip_code", "postalCode", "county", "mobile", "line_type", "home_phone", "contact_state"]
    {
        assert_eq!(reasons(&item(NUMBER, "REJECT", name, &json!("x"))), Vec::<String>::new(), "{name}");
        assert_eq!(reasons(&item("*", "REJECT", name, &json!("x"))).len(), 1, "{name}");
    }
}

#[test]
fn a_form_is_a_misspelling_only_with_numbers() {
    for (value, is_valid) in [(json!("+1212*"), false), (json!("anonymous"), false), (json!("web-consent-v2"), true)] {
        let consent = item(NUMBER, "PROCEED", "form", &value);
        assert_eq!(reasons(&consent).is_empty(), is_valid, "{consent}");
    }
}

#[test]
fn the_destination_of_a_redirect_is_its_code_and_else_a_condition() {
    for name in ["destination", "dest", "target"] {
        let Entry::Rule(rule) = entry(&item(NUMBER, "change destination", name, &json!("+13605550113"))) else {
            let redirect =
                json!({ "number": NUMBER, "rule": "r", "status": "CHANGE_DESTINATION", name: "+13605550113" });
            let reasons = reasons(&redirect);
            assert!(reasons[0].starts_with("`code`: missing"), "{reasons:?}");
            continue;
        };
        assert_eq!(rule.repairs.len(), 1, "{name}");
    }
    for status in ["REJECT", "PROCEED"] {
        let reasons = reasons(&item("*", status, "destination", &json!("+44*")));
        assert_eq!(reasons, ["`destination`: not an attribute of a rule; did you mean `to: +44*`?"]);
    }
}

/// NULL is how DynamoDB and programs write that there is no value.
#[test]
fn a_null_attribute_is_an_absent_one() {
    let names = [
        "code",
        "reason",
        "side",
        "to",
        "from",
        "priority",
        "enabled",
        "expires_at",
        "starts_at",
        "shadow",
        "clients",
        "days",
        "hours",
        "timezone",
        "calling_hours",
        "places",
        "max_calls",
        "per",
        "count_by",
        "percent",
        "holidays",
        "note",
        "state",
        "owner",
    ];
    for name in names {
        let item = item(NUMBER, "REJECT", name, &Value::Null);
        let Entry::Rule(rule) = entry(&item) else { panic!("{item}: {:?}", reasons(&item)) };
        assert!(rule.repairs.is_empty() && rule.stricter.is_empty(), "{item}");
        assert_eq!(Case::new(&[item]).to(NUMBER).winner(), "r", "{name}");
    }
    let twice = json!({ "number": "*", "rule": "r", "status": "REJECT", "to": null, "To": "+1900*" });
    assert_eq!(reasons(&twice), Vec::<String>::new());
    assert_eq!(Case::new(&[twice]).to(NUMBER).winner(), "-");
    let without_status = json!({ "number": NUMBER, "rule": "r", "status": null });
    assert!(reasons(&without_status)[0].starts_with("`status`: missing"));
    let fact = json!({ "number": NUMBER, "rule": "r", "status": null, "timezone": "America/Denver", "code": null });
    assert!(matches!(entry(&fact), Entry::Fact(_)), "{:?}", reasons(&fact));
}

#[test]
fn names_of_any_length_are_read_in_no_time() {
    let long = "a_state_".repeat(5_000);
    assert_eq!(reasons(&item("*", "REJECT", &long, &json!("x"))), Vec::<String>::new());
    let dense = "onono".repeat(9);
    assert_eq!(unknown(&item("*", "REJECT", &dense, &json!("x"))).len(), 1);
}

/// The three kinds of facts, each with one more attribute.
fn facts(name: &str, value: &Value) -> [Value; 3] {
    [
        json!({ "number": NUMBER, "rule": "x", "timezone": "America/New_York", name: value }),
        json!({ "number": "*", "rule": "x", "to": "+1315*", "timezone": "America/New_York", name: value }),
        json!({
            "number": "*", "rule": "x", "calling_hours": "us", "places": "US-NY", "hours": "09:00-20:00",
            "timezone": "America/New_York", name: value,
        }),
    ]
}

/// An item that lost its `status` looks like a fact, and would let the calls through that it should reject.
#[test]
fn a_rule_that_lost_its_status_is_no_fact() {
    let names = "stauts statuss Statu statut status_ sttus sttaus status2 tatus estatus sta_tus Status_1 st\u{430}tus \
                 \u{ff53}tatus rule_status call_status action decision effect verdict block deny reject Blocked denied \
                 rejected is_blocked allow proceed redirect do_not_call dnc opted_out disposition_status treatment \
                 block_calls callBlocked ruleAction deny_number outcome st\u{200b}atus";
    for name in names.split_ascii_whitespace() {
        for fact in facts(name, &json!("yes")) {
            let advice = format!("`{name}`: not an attribute of a rule; did you mean `status`?");
            assert!(reasons(&fact).contains(&advice), "{fact}: {:?}", reasons(&fact));
        }
        let [holder, prefix, _] = facts(name, &json!("REJECT"));
        assert_eq!(Case::new(&[holder]).to(NUMBER).winner(), "?x", "{name}");
        // It may be a fact after all, so the place of the prefix is open.
        let Entry::Invalid(invalid) = entry(&prefix) else { panic!("{prefix}") };
        assert!(invalid.may_state_place, "{prefix}");
    }
    // The value of a status under any name.
    for (name, value) in [("estate_of_rule", "REJECT"), ("lead_status", "reject"), ("what", "change destination")] {
        for fact in facts(name, &json!(value)) {
            assert!(reasons(&fact).join(";").contains("did you mean `status`?"), "{fact}: {:?}", reasons(&fact));
        }
    }
    // The words that make a rule invalid.
    for name in
        ["max_per_day", "state", "from_number", "caller_id", "percentage", "ttl", "precedence", "tenant", "test"]
    {
        for fact in facts(name, &json!("x")) {
            assert_ne!(reasons(&fact), Vec::<String>::new(), "{fact}");
        }
    }
}

#[test]
fn a_fact_may_have_names_of_the_operators_own() {
    for name in
        ["status_at", "stage", "staff", "statement", "statistics", "estate", "owner", "lead_status", "x_status", "note"]
    {
        for fact in facts(name, &json!("new")) {
            assert!(matches!(entry(&fact), Entry::Fact(_)), "{fact}: {:?}", reasons(&fact));
        }
    }
}

/// Names in letters that are not ASCII, and words that mean a condition, of which each would make the rule wider.
#[test]
fn conditions_in_other_letters_and_words_are_noticed() {
    let mut wrong = Vec::new();
    for (known, names) in [
        (
            "to",
            "ｔｏ tо тo ţo tó to\u{200b} ｔｏ２ to2 to_list match_to dialed called toll_free premium_only range ranges \
                international_only wireless wireless_only voip ported excluded included ｐrefix аreaCode ⓣⓞ 𝐭𝐨",
        ),
        ("from", "ｆrom frоm fromm from2 from_list a_number ﬀrom fr\u{301}om from\u{ad} cаller"),
        (
            "hours",
            "ｈours hοurs ＨＯＵＲＳ hrs call_hrs hours_utc do_not_call_before do_not_call_after night_only no_calls_before",
        ),
        ("days", "ⅾays dаys ԁays ďays weekend_only weekends"),
        ("dates", "dаtes blackout no_calls_on dates_list"),
        ("places", "ｐlaces plаces pläces ѕtate"),
        ("percent", "рercent ｐercent"),
        ("per", "рer pér"),
        ("clients", "clіents client-names client_names"),
        ("calling_hours", "law ｃalling_hours"),
        ("timezone", "ｔimezone"),
        ("max_calls", "ｍax_calls mах_calls"),
        ("enabled", "еnabled"),
        ("expires_at", "ехpires_at deadline finish finish_date last_day use_by"),
        ("holidays", "hоlidays"),
    ] {
        for name in names.split_ascii_whitespace() {
            let value = if known == "enabled" { json!(false) } else { json!("x") };
            for status in ["REJECT", "PROCEED", "CHANGE_DESTINATION"] {
                let rule = item("*", status, name, &value);
                let meant: Vec<Option<&str>> = unknown(&rule).iter().map(|unknown| unknown.meant).collect();
                if meant != [Some(known)] || reasons(&rule).is_empty() {
                    wrong.push(format!("{name}: {meant:?}, not {known}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_in_other_languages_are_the_operators_own() {
    for name in ["año", "país", "código", "заметка", "メモ", "größe", "émetteur", "ｎote", "ｏwner", "équipe", "номер"]
    {
        for (number, status) in [("*", "REJECT"), (NUMBER, "REJECT"), (NUMBER, "PROCEED")] {
            let item = item(number, status, name, &json!("x"));
            assert_eq!(reasons(&item), Vec::<String>::new(), "{item}");
        }
    }
}

/// A rule that lets calls through is invalid with a word that forbids them, and a REJECT keeps rejecting.
#[test]
fn a_rule_that_lets_through_may_not_say_that_calls_are_forbidden() {
    for (name, value) in [
        ("block", json!(true)),
        ("deny", json!(true)),
        ("reject", json!("yes")),
        ("ｂlocked", json!(true)),
        ("ｓtatus", json!("REJECT")),
        ("litigator", json!(true)),
        ("is_litigator", json!(true)),
        ("disallowed", json!(1)),
        ("allow", json!(false)),
        ("allow", json!("never")),
        ("allowed", json!("no")),
        ("is_allowed", json!("0")),
        ("approved", json!(false)),
        ("consent", json!(false)),
        ("consent", json!("none")),
        ("consent_given", json!("No")),
        ("published", json!(false)),
        ("opt_in", json!(false)),
    ] {
        for number in ["*", NUMBER] {
            for status in ["PROCEED", "CHANGE_DESTINATION"] {
                let item = item(number, status, name, &value);
                let reasons = reasons(&item);
                assert!(reasons.len() == 1 && reasons[0].ends_with("did you mean `status`?"), "{item}: {reasons:?}");
            }
            let reject = item(number, "REJECT", name, &value);
            assert_eq!(reasons(&reject), Vec::<String>::new(), "{reject}");
        }
    }
    for name in ["finish", "deadline", "last_day", "use_by"] {
        for status in ["PROCEED", "CHANGE_DESTINATION"] {
            assert_eq!(reasons(&item(NUMBER, status, name, &json!("2020-01-01"))).len(), 1, "{name}");
        }
        assert_eq!(reasons(&item(NUMBER, "REJECT", name, &json!("2020-01-01"))), Vec::<String>::new(), "{name}");
    }
}

/// A permission that is given documents the rule.
#[test]
fn a_permission_that_is_given_is_the_operators_own() {
    for (name, value) in [
        ("consent", json!(true)),
        ("consent", json!("web form")),
        ("consent_date", json!("2026-01-01")),
        ("consent_text", json!("no")),
        ("allowed", json!("yes")),
        ("approved", json!(true)),
        ("approved_by", json!("none")),
        ("published", json!("2026-01-01")),
        ("opt_in", json!("Y")),
    ] {
        for status in ["PROCEED", "CHANGE_DESTINATION", "REJECT"] {
            let rule = item(NUMBER, status, name, &value);
            assert_eq!(reasons(&rule), Vec::<String>::new(), "{rule}");
            assert_eq!(unknown(&rule)[0].meant, None, "{rule}");
        }
    }
    let fact = json!({ "number": NUMBER, "rule": "x", "timezone": "America/New_York", "consent": true });
    assert!(matches!(entry(&fact), Entry::Fact(_)), "{:?}", reasons(&fact));
}

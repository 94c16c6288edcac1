//! Runs a scrub: reads the file, decides its rows, and writes them.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use precall_hook::settings::Settings;
use tokio::runtime::Handle;

use super::arguments::{Arguments, LeadSource};
use super::outputs::{OutputFiles, ScrubPosition, finish_names};
use crate::call_time::CallTime;
use crate::decision_log::threads;
use crate::dynamodb::counted_rules::CountedRules;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;
use crate::number_list::file_reader::input::{FileFingerprint, InputFile};
use crate::number_list::interrupt::{STOPPED, stopped_by_signal};
use crate::number_list::progress::Progress;
use crate::scrub::call_template::CallTemplate;
use crate::scrub::decider::{Decider, LeadRules};
use crate::scrub::lead_file::{self, CallerSource};
use crate::scrub::pipeline;
use crate::scrub::rendering::{RenderedLines, Rendering, RowFormat, WantedOutputs};
use crate::terminal::{print, print_stderr, printable};

/// The time after which the position is saved again.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

const RULES_CHANGED: &str = "the rules under `*` or under the caller changed while the file was scrubbed";

/// Runs a scrub.
///
/// # Errors
/// When the file or the rules cannot be read, or an output cannot be written.
pub async fn run(
    arguments: &Arguments,
    leads: LeadSource,
    opened: &OpenedStore,
    settings: &Settings,
) -> Result<ExitCode, Failure> {
    let mut input = leads.input.again()?;
    let fingerprint = input.fingerprint()?;
    let options = arguments.described(&opened.location.to_string());
    let mut position = if arguments.resume {
        continued(leads.outputs.interrupted()?, &fingerprint, &options)?
    } else {
        let now = arguments.source.as_of().unwrap_or_else(Timestamp::now);
        ScrubPosition::new(&fingerprint.sha256, options, now)
    };
    if position.is_complete {
        finish_names(&leads.outputs)?;
        return Ok(exit_code(&position));
    }
    let rules = LeadRules::of(opened, settings).await?;
    let counted = CountedRules::of(opened).await;
    let template = Arc::new(CallTemplate {
        client: arguments.client.as_deref().map(Into::into),
        now: position.now.parse()?,
        at: arguments.at.clone(),
        default: settings.default.clone(),
        location: Arc::new(opened.location.clone()),
    });
    let stopped = stopped_by_signal()?;
    let run = ScrubRun { arguments, leads: &leads, rules: &rules, template, size: fingerprint.size };
    // The threads of the scrub block, and so does this one until they end.
    let began = Instant::now();
    let outcome = tokio::task::block_in_place(|| run.scrub(input, &mut position, &|| stopped.load(Ordering::Relaxed)))?;
    if let Some(status) = outcome {
        return Ok(status);
    }
    let text = run.text(&position, &counted, began.elapsed());
    if leads.outputs.paths().is_empty() {
        print_stderr(printable(text.trim_end()));
    } else {
        print(&text)?;
    }
    Ok(exit_code(&position))
}

/// Returns the position of an interrupted scrub, if this run can continue it.
///
/// # Errors
/// When the file of leads or an option is another one.
fn continued(position: ScrubPosition, file: &FileFingerprint, options: &str) -> Result<ScrubPosition, Failure> {
    if position.sha256 != file.sha256 {
        return Err(
            "the file of leads has changed since the scrub was interrupted; run the command with --force, and without \
                    --resume"
                .into(),
        );
    }
    if position.options != options {
        return Err(
            "the interrupted scrub had other options or rules of another place; repeat its command with --resume, or \
                    begin again with --force"
                .into(),
        );
    }
    Ok(position)
}

fn exit_code(position: &ScrubPosition) -> ExitCode {
    if position.summary.undecided == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A scrub that runs.
struct ScrubRun<'a> {
    arguments: &'a Arguments,
    leads: &'a LeadSource,
    rules: &'a LeadRules,
    template: Arc<CallTemplate>,
    /// The size of the file, in bytes.
    size: u64,
}

impl ScrubRun<'_> {
    fn decider(&self) -> Result<Decider, Failure> {
        Decider::new(self.rules, Arc::clone(&self.template), Handle::current())
    }

    /// Returns the revisions of the rules that all rows share.
    fn revisions(&self, decider: &mut Decider) -> Result<Vec<Option<String>>, Failure> {
        let caller = if let CallerSource::Number(number) = &self.leads.callers { Some(number) } else { None };
        let revisions = decider.revisions(caller)?;
        Ok(revisions.into_iter().map(|revision| revision.map(|revision| revision.to_string())).collect())
    }

    /// Writes the rows after a position. Returns an exit status if it was stopped, or the rules changed.
    fn scrub(
        &self,
        input: InputFile,
        position: &mut ScrubPosition,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<Option<ExitCode>, Failure> {
        let mut deciders = (0..threads()).map(|_| self.decider()).collect::<Result<Vec<_>, _>>()?;
        let revisions = deciders.first_mut().map(|decider| self.revisions(decider)).transpose()?.unwrap_or_default();
        for decider in &mut deciders {
            if self.revisions(decider)? != revisions {
                return Err(format!("{RULES_CHANGED}; run the command again").into());
            }
        }
        if position.lines > 0 && position.revisions != revisions {
            return Err(format!("{RULES_CHANGED}, after it was interrupted; begin again with --force").into());
        }
        position.revisions.clone_from(&revisions);
        // A mark is not JSON.
        let has_mark = self.leads.form.has_mark && self.arguments.format == RowFormat::Csv;
        let mut files = OutputFiles::open(self.leads.outputs.clone(), position, has_mark)?;
        files.save(position)?;
        let written = self.write_rows(input, deciders, &mut files, position, is_stopped).map_err(|error| -> Failure {
            if self.leads.outputs.paths().is_empty() {
                return error;
            }
            format!("{error}\nthe scrub is unfinished; remove the cause, then continue with --resume").into()
        });
        if !written? {
            files.save(position)?;
            print_stderr(format_args!("stopped after line {}; continue with --resume", position.lines));
            return Ok(Some(ExitCode::from(STOPPED)));
        }
        if self.revisions(&mut self.decider()?)? != revisions {
            if self.leads.outputs.paths().is_empty() {
                print_stderr(format_args!("precall: {RULES_CHANGED}, so the rows may be wrong; run the command again"));
                return Ok(Some(ExitCode::FAILURE));
            }
            files.discard();
            return Err(format!("{RULES_CHANGED}, so nothing was written; run the command again").into());
        }
        files.finish(position)?;
        Ok(None)
    }

    /// Writes the rows after a position. Returns false if it was stopped.
    fn write_rows(
        &self,
        input: InputFile,
        deciders: Vec<Decider>,
        files: &mut OutputFiles,
        position: &mut ScrubPosition,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<bool, Failure> {
        let outputs = &self.leads.outputs;
        let wanted = WantedOutputs {
            all: outputs.all.is_some() || outputs.paths().is_empty(),
            callable: outputs.callable.is_some(),
            blocked: outputs.blocked.is_some(),
        };
        let rendering = Rendering::new(&self.leads.form, self.arguments.format, wanted);
        let used = Arc::new(AtomicU64::new(0));
        let (mut progress, mut saved) = (Progress::start(self.size), Instant::now());
        let input = std::sync::Mutex::new(Some(input));
        let skipped = position.lines;
        let source = |each: &mut dyn FnMut(_) -> Result<(), Failure>| {
            let input = input.lock().ok().and_then(|mut input| input.take()).ok_or("the file is read twice")?;
            let mut to_skip = skipped;
            let options = self.arguments.format_options();
            lead_file::lines(input, &options, &self.leads.callers, &self.leads.form, &used, &mut |line| {
                if to_skip > 0 {
                    to_skip -= 1;
                    return Ok(());
                }
                each(line)
            })
        };
        let is_whole = pipeline::run(&source, deciders, &rendering, &mut |lines: RenderedLines| {
            files.write(&lines)?;
            position.lines += lines.lines;
            position.summary.merge(lines.summary);
            progress.update(used.load(Ordering::Relaxed), position.summary.rows);
            if saved.elapsed() >= SAVE_INTERVAL {
                files.save(position)?;
                saved = Instant::now();
            }
            Ok(!is_stopped())
        });
        progress.end();
        is_whole
    }

    /// Returns the report of the run.
    fn text(&self, position: &ScrubPosition, rules: &CountedRules, took: Duration) -> String {
        let form = &self.leads.form;
        let at = match &self.template.at {
            Some(CallTime::Instant(at)) => at.to_string(),
            Some(CallTime::Clock { .. }) => "the time of --at by each callee's clock".to_owned(),
            None => self.template.now.to_string(),
        };
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = position.summary.rows as f64 / took.as_secs_f64().max(0.001);
        let mut text = format!(
            "file      {}: {}\nrules     {rules}\nat        {at}\n{}time      {:.1} s, {rate:.0} rows a second\n",
            self.leads.input.name(),
            form.rows.text,
            position.summary.text(),
            took.as_secs_f64()
        );
        if let Some(units) = self.rules.read_units() {
            text = format!("{text}reads     {units} read units of the rules table\n");
        }
        for path in self.leads.outputs.paths() {
            text = format!("{text}written   {}\n", path.display());
        }
        if form.names.is_none() {
            text = format!(
                "{text}note: the file has no names of columns; the added columns are those after column {}: number, \
                            decision, code, reason, rule, place, local_time, next_open, redirect_to, cap_room\n",
                form.width
            );
        }
        text
    }
}

//! The thread that tells a collector of OpenTelemetry of requests: it takes those that have ended from the outbox, makes spans and events of
//! them, counts them in the metrics of the conventions, and reads the gateway's own metrics and log now and then. Another configuration
//! holds at once. It must not be waited for.

use super::content::Contents;
use super::lane::Lane;
use super::lines as own_lines;
use super::send::Sender;
use crate::admin;
use crate::app::state::App;
use gw_ingress::listen::worker::Phase;
use gw_model::telemetry::{Batching, OtlpTarget, Signal};
use gw_model::{Clock, Ended, Outcome, Snapshot, Telemetry};
use gw_pipeline::Dropped;
use gw_telemetry::exposition;
use gw_telemetry::genai::Book;
use gw_telemetry::places::Places;
use gw_telemetry::proto::logs::LogRecord;
use gw_telemetry::proto::metrics::Metric;
use gw_telemetry::proto::trace::Span;
use gw_telemetry::resource::Teller;
use gw_telemetry::{lines, logs, names, spans};
use gw_upstream::{Upstream, UpstreamConfig};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::LocalSet;

/// How long an ended request waits at most until it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long what is left may take to be sent when the process ends, or another configuration comes.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// How long workers may take to hand over what they drop when the process ends.
const LAST_ONES: Duration = Duration::from_millis(100);

/// Starts the thread; it ends with the process's last phase, once what is left was sent.
pub(crate) fn start(app: &Arc<App>, phase: watch::Receiver<Phase>) -> io::Result<JoinHandle<()>> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build()?;
    let app = Arc::clone(app);
    std::thread::Builder::new().name("telemetry".to_owned()).spawn(move || {
        own_lines::leave_out_this_thread();
        let local = LocalSet::new();
        local.block_on(&runtime, tell(app, phase));
        runtime.block_on(async { drop(local) });
        // A name that is being resolved must not keep the process from ending.
        runtime.shutdown_background();
    })
}

/// Tells as every configuration wants it, until the process ends.
async fn tell(app: Arc<App>, mut phase: watch::Receiver<Phase>) {
    let gateway = &app.gateway;
    let mut changes = gateway.changes();
    let mut exporter = Exporter::new(Arc::clone(&app));
    loop {
        exporter.follow(&gateway.live().snapshot).await;
        let is_used = gateway.outbox.is_used();
        let ends = async { phase.wait_for(|phase| *phase >= Phase::Ending).await.is_err() };
        tokio::select! {
            _ = ends => break,
            changed = changes.changed() => if changed.is_err() { break },
            () = exporter.next_look(), if is_used => {}
        }
        exporter.look();
    }
    tokio::time::sleep(LAST_ONES).await;
    exporter.look();
    exporter.add_ready(true);
    exporter.put_metrics();
    exporter.flush().await;
}

/// What is told of, and to whom.
struct Exporter {
    app: Arc<App>,
    clock: Arc<dyn Clock>,
    upstream: Rc<Upstream>,
    /// Which of several gateways it is.
    instance: String,
    telemetry: Option<Arc<Telemetry>>,
    places: Places,
    revision: Option<u64>,
    traces: Option<Lane<Span>>,
    logs: Option<Lane<LogRecord>>,
    metrics: Option<Lane<Vec<Metric>>>,
    book: Book,
    contents: Contents,
    began: u64,
    /// When metrics are due, microseconds since the epoch.
    due: i64,
}

impl Exporter {
    fn new(app: Arc<App>) -> Self {
        let clock = app.gateway.clock();
        let began = nanos(clock.now());
        Self {
            clock,
            upstream: Upstream::new(UpstreamConfig::default()),
            instance: format!("{:032x}", fastrand::u128(..)),
            telemetry: None,
            places: Places::default(),
            revision: None,
            traces: None,
            logs: None,
            metrics: None,
            book: Book::new(began),
            contents: Contents::new(),
            began,
            due: 0,
            app,
        }
    }

    /// Puts a configuration in force, where it is another one.
    async fn follow(&mut self, snapshot: &Snapshot) {
        if self.revision.replace(snapshot.revision) != Some(snapshot.revision) {
            self.places = Places::of(snapshot);
        }
        let wanted = &snapshot.settings.telemetry;
        own_lines::want(wanted.as_ref().and_then(|telemetry| telemetry.logs.as_ref()?.lines));
        if self.telemetry.as_deref() == wanted.as_deref() {
            return;
        }
        self.flush().await;
        self.telemetry.clone_from(wanted);
        (self.traces, self.logs, self.metrics) = (None, None, None);
        let Some(telemetry) = wanted else { return };
        let mut about = telemetry.resource.clone();
        let mut put = |name: &str, value: &str| {
            if !about.iter().any(|(known, _)| **known == *name) {
                about.push((name.into(), value.into()));
            }
        };
        put(names::SERVICE_VERSION, env!("CARGO_PKG_VERSION"));
        put(names::SERVICE_INSTANCE_ID, &self.instance);
        let teller = Rc::new(Teller::new(&about, env!("CARGO_PKG_VERSION")));
        if let Some(traces) = &telemetry.traces {
            let teller = Rc::clone(&teller);
            let encode = Box::new(move |spans| teller.spans(spans));
            self.traces = self.lane(Signal::Traces, &traces.to, traces.batching, (encode, spans::weight));
        }
        if let Some(logs) = &telemetry.logs {
            let teller = Rc::clone(&teller);
            let encode = Box::new(move |events| teller.logs(events));
            self.logs = self.lane(Signal::Logs, &logs.to, logs.batching, (encode, lines::weight));
        }
        if let Some(metrics) = &telemetry.metrics {
            // They count from the beginning: the next ones say all that these would have said.
            let batching = Batching { max_queue: 1, max_batch: 1, interval_ms: metrics.interval_ms };
            let encode = Box::new(move |batch: Vec<Vec<Metric>>| {
                teller.metrics(batch.into_iter().flatten().collect())
            });
            self.metrics = self.lane(Signal::Metrics, &metrics.to, batching, (encode, |_| 0));
            self.due = self.clock.now() + micros(metrics.interval_ms);
        }
    }

    fn lane<T: 'static>(
        &self,
        signal: Signal,
        to: &OtlpTarget,
        batching: Batching,
        (encode, weigh): (super::lane::Encode<T>, fn(&T) -> usize),
    ) -> Option<Lane<T>> {
        let counted = self.app.gateway.outbox.metrics.clone();
        match Sender::new(signal, to, &self.upstream, Arc::clone(&self.clock), counted.clone()) {
            Ok(sender) => Some(Lane::open(signal, batching, sender, counted, encode, weigh)),
            Err(error) => {
                tracing::error!(signal = signal.as_str(), %error, "the collector can not be reached as configured");
                None
            }
        }
    }

    /// Waits until there is something to look at.
    async fn next_look(&self) {
        let _ = tokio::time::timeout(LOOK_EVERY, self.app.gateway.outbox.filled()).await;
    }

    /// Looks at all that have ended.
    fn look(&mut self) {
        let ended = self.app.gateway.outbox.take();
        for ended in ended {
            self.add(ended);
        }
        self.add_ready(false);
        self.add_lines();
        if self.metrics.is_some() && self.clock.now() >= self.due {
            self.put_metrics();
        }
    }

    fn add(&mut self, ended: Ended) {
        let Some(telemetry) = &self.telemetry else { return };
        if let Some(metrics) = &telemetry.metrics {
            self.book.add(&ended, &self.places, metrics.max_series);
        }
        if let (Some(lane), Some(wanted)) = (&self.logs, &telemetry.logs)
            && (wanted.all || ended.record.outcome != Outcome::Success)
        {
            lane.put(logs::event(&ended));
        }
        if let Some(traces) = &telemetry.traces
            && (ended.trace.is_sampled || (traces.policy.errors && ended.is_failure()))
            && let Some(ended) = self.contents.take(ended, self.clock.now())
        {
            self.add_spans(&ended);
        }
    }

    /// What the gateway logged meanwhile.
    fn add_lines(&self) {
        let Some(lane) = &self.logs else { return };
        let (lines, dropped) = own_lines::take();
        lines.into_iter().for_each(|line| lane.put(lines::event(line)));
        if dropped > 0 {
            self.app.gateway.outbox.metrics.note_dropped(Signal::Logs, Dropped::QueueFull, dropped);
        }
    }

    /// Those whose last bytes have left meanwhile.
    fn add_ready(&mut self, is_last: bool) {
        for ended in self.contents.ready(self.clock.now(), is_last) {
            self.add_spans(&ended);
        }
    }

    fn add_spans(&self, ended: &Ended) {
        let traces = self.telemetry.as_ref().and_then(|telemetry| telemetry.traces.as_ref());
        let (Some(lane), Some(traces)) = (&self.traces, traces) else { return };
        let counted = &self.app.gateway.outbox.metrics;
        let told = traces.content.and_then(|most| self.contents.told(ended, most, counted));
        let mut list = Vec::new();
        spans::add(ended, &self.places, told.as_ref(), &mut list);
        list.into_iter().for_each(|span| lane.put(span));
    }

    /// Puts the metrics as they are now on their way.
    fn put_metrics(&mut self) {
        let wanted = self.telemetry.as_ref().and_then(|telemetry| telemetry.metrics.as_ref());
        let (Some(lane), Some(wanted)) = (&self.metrics, wanted) else { return };
        self.due = self.clock.now() + micros(wanted.interval_ms);
        let now = nanos(self.clock.now());
        let mut list = self.book.metrics(now);
        match admin::metrics::text(&self.app) {
            Ok(text) => {
                list.extend(exposition::metrics(&text, exposition::Span { began: self.began, now }));
            }
            Err(error) => {
                tracing::error!(%error, "the metrics can not be written");
                self.app.gateway.outbox.metrics.note_dropped(Signal::Metrics, Dropped::Rejected, 1);
            }
        }
        lane.put(list);
    }

    /// Sends what is left, within a time.
    async fn flush(&self) {
        let all = async {
            if let Some(lane) = &self.traces {
                lane.flush().await;
            }
            if let Some(lane) = &self.logs {
                lane.flush().await;
            }
            if let Some(lane) = &self.metrics {
                lane.flush().await;
            }
        };
        if tokio::time::timeout(FLUSH_WITHIN, all).await.is_err() {
            tracing::warn!("the collector was too slow for what was left of telemetry; it is dropped");
        }
    }
}

fn nanos(us: i64) -> u64 {
    u64::try_from(us).unwrap_or(0).saturating_mul(1000)
}

fn micros(ms: u64) -> i64 {
    i64::try_from(ms.saturating_mul(1000)).unwrap_or(i64::MAX)
}

//! Metric families in the making: the words in which the page of metrics is written.

use prometheus::TextEncoder;
use prometheus::core::Collector;
use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram as Buckets, LabelPair, Metric, MetricFamily, MetricType,
};

use crate::telemetry::histogram::Histogram;

const NANOSECONDS: f64 = 1e9;

/// The families of one scrape.
#[derive(Debug, Default)]
pub(super) struct Families(Vec<MetricFamily>);

/// Label values of one sample, in the order of the family's label names.
pub(super) type Values<'v, const L: usize> = [&'v str; L];

impl Families {
    /// A family of counters.
    pub(super) fn counters<'v, const L: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; L],
        samples: impl IntoIterator<Item = (Values<'v, L>, u64)>,
    ) {
        let samples = samples.into_iter().map(|(values, count)| {
            let mut counter = Counter::default();
            counter.set_value(float(count));
            let mut metric = labelled(labels, values);
            metric.set_counter(counter);
            metric
        });
        self.family(name, help, MetricType::COUNTER, samples.collect());
    }

    /// A family of gauges.
    pub(super) fn gauges<'v, const L: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; L],
        samples: impl IntoIterator<Item = (Values<'v, L>, f64)>,
    ) {
        let samples = samples.into_iter().map(|(values, value)| {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            let mut metric = labelled(labels, values);
            metric.set_gauge(gauge);
            metric
        });
        self.family(name, help, MetricType::GAUGE, samples.collect());
    }

    /// A family of histograms of seconds.
    pub(super) fn histograms<'v, const L: usize, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; L],
        samples: impl IntoIterator<Item = (Values<'v, L>, &'v Histogram<N>)>,
    ) {
        let samples = samples.into_iter().map(|(values, histogram)| {
            let buckets = histogram.cumulative().map(|(bound, count)| {
                let mut bucket = Bucket::default();
                bucket.set_upper_bound(float(bound) / NANOSECONDS);
                bucket.set_cumulative_count(count);
                bucket
            });
            let mut sample = Buckets::default();
            sample.set_bucket(buckets.collect());
            sample.set_sample_count(histogram.count());
            sample.set_sample_sum(float(histogram.sum()) / NANOSECONDS);
            let mut metric = labelled(labels, values);
            metric.set_histogram(sample);
            metric
        });
        self.family(name, help, MetricType::HISTOGRAM, samples.collect());
    }

    /// What another collector has to say.
    pub(super) fn collect(&mut self, collector: &impl Collector) {
        self.0.extend(collector.collect());
    }

    /// The text exposition format; what cannot be encoded ends the text.
    pub(super) fn render(&self) -> String {
        let mut text = String::with_capacity(64 * 1024);
        if let Err(error) = TextEncoder::new().encode_utf8(&self.0, &mut text) {
            tracing::error!(%error, "the metrics cannot be encoded");
        }
        text
    }

    // A family without a sample yet (no certificate, no generation) is left out, as the format wants it.
    fn family(&mut self, name: &str, help: &str, kind: MetricType, samples: Vec<Metric>) {
        if samples.is_empty() {
            return;
        }
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(samples);
        self.0.push(family);
    }
}

/// A sample's value.
#[expect(
    clippy::cast_precision_loss,
    reason = "the format knows nothing but floats, which are exact up to 2^53"
)]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

fn labelled<const L: usize>(names: [&str; L], values: Values<'_, L>) -> Metric {
    let pairs = names.into_iter().zip(values).map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name(name.to_owned());
        pair.set_value(value.to_owned());
        pair
    });
    Metric::from_label(pairs.collect())
}

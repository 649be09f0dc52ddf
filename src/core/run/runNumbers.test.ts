import * as assert from 'node:assert/strict';

import { randomNumbers } from '../../../test/support/random';
import { histogramOf } from './histogram';
import { formatMilliseconds, formatPercent, formatThroughput, formatValue } from './runFormats';
import { percentileOfSorted, statisticsOf } from './statistics';
import { thinTimeline } from './timeline';

describe('statistics', () => {
  it('has percentiles by nearest rank: values that were seen', () => {
    const values = [15, 20, 35, 40, 50];
    assert.equal(percentileOfSorted(values, 5), 15);
    assert.equal(percentileOfSorted(values, 30), 20);
    assert.equal(percentileOfSorted(values, 40), 20);
    assert.equal(percentileOfSorted(values, 50), 35);
    assert.equal(percentileOfSorted(values, 100), 50);
  });

  it('tells all numbers of unsorted values', () => {
    const values = Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) + 1);
    const before = [...values];
    assert.deepEqual(statisticsOf(values), {
      count: 100,
      mean: 50.5,
      median: 50,
      p90: 90,
      p95: 95,
      p99: 99,
      min: 1,
      max: 100,
      standardDeviation: Math.sqrt((100 ** 2 - 1) / 12),
    });
    assert.deepEqual(values, before);
    assert.equal(statisticsOf([]), null);
    assert.equal(statisticsOf([3])?.standardDeviation, 0);
  });
});

describe('histogramOf', () => {
  const total = (values: number[]): number => {
    const histogram = histogramOf(values);
    return (
      (histogram?.counts.reduce((sum, count) => sum + count, 0) ?? 0) + (histogram?.above ?? 0)
    );
  };

  it('counts every value once, outliers as above', () => {
    const random = randomNumbers(1);
    const values = Array.from({ length: 500 }, () => 8 + random(1000) / 1000);
    values.push(400, 900);
    const histogram = histogramOf(values);
    assert.ok(histogram);
    assert.equal(histogram.above, 2);
    assert.equal(total(values), 502);
    assert.ok(histogram.from + histogram.width * histogram.counts.length < 20);
    assert.ok(histogram.counts.length >= 8 && histogram.counts.length <= 48);
  });

  it('does with one value, equal values, two values and none', () => {
    assert.equal(histogramOf([]), null);
    assert.deepEqual(histogramOf([5, 5, 5])?.counts, [3]);
    for (const values of [[5], [1, 2], [1, 1, 1, 1e9], [0, 0, 0, 1e-9]]) {
      assert.equal(total(values), values.length, String(values));
    }
  });
});

describe('thinTimeline', () => {
  it('keeps short runs as they are', () => {
    assert.deepEqual(thinTimeline([0, 1], [5, 6]), { at: [0, 1], latency: [5, 6] });
  });

  it('keeps every peak of a long one, in order', () => {
    const count = 100_000;
    const latency = Array.from({ length: count }, (_, i) => 8 + Math.sin(i) / 10);
    const peaks = [3, 500, 77_777, count - 1];
    for (const peak of peaks) latency[peak] = 50 + peak / count;
    const at = latency.map((_, i) => i / 1000);
    const thin = thinTimeline(at, latency);
    assert.ok(thin.at.length <= 2000 && thin.at.length === thin.latency.length);
    for (const peak of peaks) assert.ok(thin.latency.includes(latency[peak] ?? 0), String(peak));
    assert.deepEqual(
      thin.at,
      [...thin.at].sort((a, b) => a - b),
    );
  });
});

describe('numbers of runs', () => {
  it('have three digits', () => {
    assert.equal(formatMilliseconds(8.4249), '8.42 ms');
    assert.equal(formatMilliseconds(412.4), '412 ms');
    assert.equal(formatMilliseconds(0.0842), '84.2 µs');
    assert.equal(formatMilliseconds(0.5), '0.5 ms');
    assert.equal(formatMilliseconds(99.96), '100 ms');
    assert.equal(formatMilliseconds(12_345), '12.3 s');
    assert.equal(formatMilliseconds(0), '0 ms');
    assert.equal(formatThroughput(118.3), '118 inferences a second');
    assert.equal(formatThroughput(1), '1 inference a second');
    assert.equal(formatThroughput(12345.6), '12,346 inferences a second');
    assert.equal(formatPercent(0.974), '97 %');
    assert.equal(formatPercent(0.9999), '99.9 %');
    assert.equal(formatPercent(1), '100 %');
    assert.equal(formatValue(0.0021), '0.0021');
    assert.equal(formatValue(0.00021), '2.1e-4');
    assert.equal(formatValue(1013), '1013');
    assert.equal(formatValue(-Infinity), '-Infinity');
  });
});

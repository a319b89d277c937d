import { Registry } from 'prom-client';
import t from 'tap';
import { LazyHistogram, Samples } from '../../src/http/histogram.js';

t.test('samples fall into the first bucket that holds them', (t) => {
  const samples = new Samples([1, 2]);
  for (const value of [0.5, 1, 1.5, 2, 3]) samples.add(value);
  t.same(samples.cumulative(), [
    { le: 1, count: 2 },
    { le: 2, count: 4 },
    { le: '+Inf', count: 5 },
  ]);
  t.match(samples, { count: 5, sum: 8 });
  t.end();
});

t.test('prom-client prints it like one of its own', async (t) => {
  const registry = new Registry();
  const histogram = new LazyHistogram({
    name: 'h_seconds',
    help: 'a histogram',
    bounds: [1, 2],
    labelNames: ['a'],
    registry,
  });
  histogram.cell({ a: 'x' }).add(1.5);
  t.equal(
    await registry.metrics(),
    `# HELP h_seconds a histogram
# TYPE h_seconds histogram
h_seconds_bucket{le="1",a="x"} 0
h_seconds_bucket{le="2",a="x"} 1
h_seconds_bucket{le="+Inf",a="x"} 1
h_seconds_sum{a="x"} 1.5
h_seconds_count{a="x"} 1
`,
  );
});

t.test('bounds must rise', (t) => {
  const options = { name: 'h', help: 'h', bounds: [2, 1], registry: new Registry() };
  t.throws(() => new LazyHistogram(options), { message: /bounds rise/ });
  t.end();
});

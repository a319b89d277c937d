import t from 'tap';
import { startServer } from './harness.js';

t.test('requests by method, route and status, with latency', async (t) => {
  const server = await startServer(t);
  await server.request('PUT', '/v1/kv/a');
  await server.request('PUT', '/v1/kv/b');
  await server.request('GET', '/v1/kv/c');
  await server.request('GET', '/livez');
  await server.request('GET', '/nope');
  const { text, headers } = await server.request('GET', '/metrics');
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  const count = (labels: string) =>
    new RegExp(`^kvorum_http_request_duration_seconds_count\\{${labels}\\} (\\d+)$`, 'm').exec(
      text,
    )?.[1];
  t.equal(count('method="PUT",route="/v1/kv/{key}",status="201"'), '2');
  t.equal(count('method="GET",route="/v1/kv/{key}",status="404"'), '1');
  t.equal(count('method="GET",route="/livez",status="200"'), '1');
  t.equal(count('method="GET",route="unknown",status="404"'), '1');
});

t.test('a client cannot make up series', async (t) => {
  const server = await startServer(t);
  for (let at = 0; at < 20; at += 1) {
    await server.request('GET', `/nope/${at}`);
    await server.request('GET', `/v1/kv/${at}?x=1`);
  }
  const { text } = await server.request('GET', '/metrics');
  const series = text.match(/kvorum_http_request_duration_seconds_count/g) ?? [];
  t.equal(series.length, 2);
});

t.test('the observer of the service feeds histograms', async (t) => {
  const server = await startServer(t);
  const { observer } = server.service;
  observer?.walBatch({ entries: 20, bytes: 5000, durationMs: 2 });
  observer?.walBatch({ entries: 40, bytes: 9000, durationMs: 1 });
  observer?.turn(0.5);
  observer?.loopDelay(12);
  observer?.applied(60, 3);
  const { text } = await server.request('GET', '/metrics');
  t.match(text, /^kvorum_wal_batch_entries_sum 60$/m);
  t.match(text, /^kvorum_wal_batch_bytes_bucket\{le="16384"\} 2$/m);
  t.match(text, /^kvorum_wal_sync_duration_seconds_count 2$/m);
  t.match(text, /^kvorum_turn_duration_seconds_count 1$/m);
  t.match(text, /^kvorum_apply_entries_sum 60$/m);
  t.match(text, /^kvorum_event_loop_delay_seconds_bucket\{le="0.025"\} 1$/m);
  t.notMatch(text, /^nodejs_eventloop_lag/m, 'its sampler would wake an idle node');
  t.match(text, /^process_resident_memory_bytes /m);
});

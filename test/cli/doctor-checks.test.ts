import t from 'tap';
import * as checks from '../../src/cli/doctor-checks.js';

const GiB = 1024 ** 3;
const verdicts = (judgements: readonly { verdict: string }[]) =>
  judgements.map(({ verdict }) => verdict);

t.test('Node', async (t) => {
  const judged = ['18.20.0', '20.18.0', '20.18.1', '22.0.0'].map(checks.judgeNodeVersion);
  t.same(verdicts(judged), ['bad', 'bad', 'ok', 'ok']);
});

t.test('the disk', async (t) => {
  const disk = (p99Ms: number) => checks.judgeDisk({ syncs: 400, p50Ms: 0.5, p99Ms, maxMs: 300 });
  t.same(verdicts([disk(1), disk(20), disk(50), disk(250)]), ['ok', 'ok', 'warning', 'bad']);
  t.match(disk(1).detail, 'about 2000 writes/s for one client');
  const types = [0xef53, 0x01021994, 0x6969];
  t.same(verdicts(types.map(checks.judgeFileSystem)), ['ok', 'warning', 'bad']);
  t.equal(checks.judgeFileSystem(0xef53).detail, 'ext4');
  t.equal(checks.judgeFileSystem(0x77).detail, 'of type 0x77');
  t.same(verdicts([10 * GiB, 2 * GiB, GiB / 2].map(checks.judgeSpace)), ['ok', 'warning', 'bad']);
});

t.test('memory: the container counts', async (t) => {
  const memory = (total: number, limit?: number) =>
    checks.judgeMemory({ totalBytes: total, limitBytes: limit });
  t.same(verdicts([memory(8 * GiB), memory(GiB / 2), memory(GiB / 4)]), ['ok', 'warning', 'bad']);
  t.match(memory(8 * GiB, GiB / 4), { verdict: 'bad', detail: /256 MiB in this container/ });
});

t.test('open files', async (t) => {
  const limits = [Number.POSITIVE_INFINITY, 4096, 1024, 256, undefined];
  t.same(verdicts(limits.map(checks.judgeOpenFiles)), ['ok', 'ok', 'warning', 'bad', 'warning']);
});

t.test('the clock', async (t) => {
  const wallMs = Date.UTC(2026, 0, 1);
  const before = { wallMs, monotonicMs: 0 };
  const after = (wall: number) => ({ wallMs: wallMs + wall, monotonicMs: 1000 });
  t.equal(checks.judgeClock(before, after(1001)).verdict, 'ok');
  t.match(checks.judgeClock(before, after(-5000)), { verdict: 'warning', detail: /stepped/ });
  t.match(checks.judgeClock({ wallMs: 0, monotonicMs: 0 }, { wallMs: 1000, monotonicMs: 1000 }), {
    verdict: 'bad',
    detail: /the year is 1970/,
  });
});

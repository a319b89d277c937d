/**
 * Loaded by the harness into each thread of a node before the product (`--import`): disk and clocks
 * that can go wrong, and a connection to the harness that says when. The product knows nothing of
 * it. When the harness is gone the node ends, for nobody would undo what was done to it.
 */
import { connect } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { Clocks } from './clocks.js';
import { Disk } from './disk.js';
import { onJsonLines, sendJsonLine } from './json-lines.js';
import { type ShimCommand, type ShimReport, shimCommand } from './settings.js';

const given = new URL(import.meta.url).searchParams;
const disk = new Disk(given.get('folder') ?? '');
const clocks = new Clocks();
disk.install();
clocks.install();

// Other threads end with the product's own will; they must not be kept alive.
const socket = connect(Number(given.get('port')), '127.0.0.1').unref();
socket.setNoDelay(true);
socket.on('connect', () => {
  sendJsonLine(socket, { node: Number(given.get('node')), mainThread: isMainThread });
});
socket.on('close', () => {
  if (isMainThread) process.kill(process.pid, 'SIGKILL');
});
onJsonLines(socket, (line) => obey(shimCommand.parse(line)));

function obey({ id, settings, stallMs }: ShimCommand): void {
  if (settings !== undefined) {
    disk.set(settings);
    clocks.set(settings.wallOffsetMs, settings.clockRate);
  }
  const report: ShimReport = {
    id,
    counts: disk.counts,
    clocks: {
      wallMs: Date.now(),
      trueWallMs: clocks.trueWallMs(),
      monotonicMs: performance.now(),
      trueMonotonicMs: clocks.trueMonotonicMs(),
    },
  };
  sendJsonLine(socket, report);
  // The report is in the kernel's hands by then.
  if (stallMs !== undefined && isMainThread) setImmediate(() => clocks.stall(stallMs));
}

/**
 * Whether one could believe that each transaction took effect at one moment between its call and
 * its answer: strict serializability. Dependencies between transactions make a graph, and a cycle
 * in it means that no order explains what was read (Adya; Kingsbury and Alvaro's Elle).
 */
import type { HistoryEvent } from '../../history/event.js';
import type { Operation } from '../../history/operation.js';
import type { Limits } from '../limits.js';
import type { Verdict } from '../verdict.js';
import { type Anomaly, classMeanings, severity } from './anomaly.js';
import { findCycles } from './cycles.js';
import type { DependencyGraph } from './dependency-graph.js';
import { analyzeListAppend } from './list-append.js';
import { analyzeRegisters } from './rw-register.js';
import { saturate } from './saturation.js';
import { hasSerialOrder } from './serial-order.js';
import { type Transaction, toTransactions, type WriteKind } from './transaction.js';
import { tellCycle } from './words.js';

/** Lists that grow by `append`. */
export function checkListAppend(
  _: readonly HistoryEvent[],
  operations: readonly Operation[],
  limits: Limits,
): Verdict {
  const deadline = performance.now() + limits.timeMs;
  const transactions = toTransactions(operations, 'append');
  const claim = 'transactions on lists are strictly serializable';
  const { anomalies, graph } = analyzeListAppend(transactions);
  const all = [...anomalies, ...cycleAnomalies(graph, 'append', deadline)];
  return summarize({ claim, transactions, graph, anomalies: all, open: '' }, operations.length);
}

/** Registers that are overwritten by `w`. */
export function checkRegisterTransactions(
  _: readonly HistoryEvent[],
  operations: readonly Operation[],
  limits: Limits,
): Verdict {
  const deadline = performance.now() + limits.timeMs;
  const transactions = toTransactions(operations, 'w');
  const claim = 'transactions on registers are strictly serializable';
  const { anomalies, graph, accesses } = analyzeRegisters(transactions);
  const all = [...anomalies, ...cycleAnomalies(graph, 'w', deadline)];
  if (all.length > 0 || hasSerialOrder(graph, accesses, deadline)) {
    return summarize({ claim, transactions, graph, anomalies: all, open: '' }, operations.length);
  }
  saturate(graph, accesses, deadline);
  // Under which weaker promise it would be allowed is not known of what is only inferred.
  const hidden = cycleAnomalies(graph, 'w', deadline).map(
    (anomaly): Anomaly => ({ ...anomaly, class: 'G2-item-realtime' }),
  );
  const open =
    hidden.length > 0 || hasSerialOrder(graph, accesses, deadline)
      ? ''
      : 'There is no contradiction in sight, but no order was found that explains all reads.';
  return summarize({ claim, transactions, graph, anomalies: hidden, open }, operations.length);
}

function cycleAnomalies(graph: DependencyGraph, writes: WriteKind, deadline: number): Anomaly[] {
  return findCycles(graph, deadline).map((cycle) => ({
    class: cycle.realTime ? `${cycle.class}-realtime` : cycle.class,
    explanation: tellCycle(cycle, graph.operations, writes),
    culprits: cycle.edges.flatMap(({ from }) => graph.operations[from]?.number ?? []),
  }));
}

interface Findings {
  readonly claim: string;
  readonly transactions: readonly Transaction[];
  readonly graph: DependencyGraph;
  readonly anomalies: readonly Anomaly[];
  /** Why nobody knows, or nothing. */
  readonly open: string;
}

function summarize(findings: Findings, operations: number): Verdict {
  const { claim, transactions, graph, anomalies, open } = findings;
  const withStatus = (status: Operation['status']) =>
    transactions.filter(({ operation }) => operation.status === status).length;
  const found = severity
    .map((name) => ({ name, of: anomalies.filter((anomaly) => anomaly.class === name) }))
    .filter(({ of }) => of.length > 0);
  const counts = {
    transactions: transactions.length,
    'of other models': operations - transactions.length,
    refused: withStatus('fail'),
    unknowns: withStatus('unknown'),
    dependencies: graph.edgeCount,
    ...Object.fromEntries(found.map(({ name, of }) => [name, of.length])),
  };
  const worst = found[0]?.of[0];
  const base = { claim, counts, keys: [] };
  if (worst !== undefined) {
    const others = found
      .map(({ name, of }) => `${name} (${classMeanings[name]}): ${of.length}`)
      .join('; ');
    const all = anomalies.length === 1 ? '' : `\nIn all ${others}.`;
    const title = `${worst.class}, ${classMeanings[worst.class]}:`;
    const explanation = `${title}\n  ${worst.explanation.trimStart()}${all}`;
    return { ...base, validity: 'invalid', explanation, culprits: [...new Set(worst.culprits)] };
  }
  const doubt = graph.truncated ? 'There are too many dependencies to look at all.' : open;
  const none = transactions.length === 0 ? 'there is no transaction' : doubt;
  const validity = none === '' ? 'valid' : 'unknown';
  return { ...base, validity, explanation: none, culprits: [] };
}

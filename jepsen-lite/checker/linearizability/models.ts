/** Which operations each kind of object has, and what they mean for one cell. */
import type { Value } from '../../history/event.js';
import { HistoryError } from '../../history/history-error.js';
import type { Operation } from '../../history/operation.js';
import type { Action, ActionKind, Text } from './action.js';

type Content = Partial<Pick<Action, 'text' | 'expected' | 'found' | 'emptyIsNothing'>> & {
  readonly kind: ActionKind;
};

export interface CellModel {
  /** What a history is held to. */
  readonly claim: string;
  /** By the operation's `f`. */
  readonly contents: Readonly<Record<string, (operation: Operation) => Content>>;
}

const register: CellModel['contents'] = {
  read: ({ answered }) => ({ kind: 'read', found: valueText(answered) }),
  write: ({ asked }) => ({ kind: 'write', text: valueText(asked) }),
  cas: (operation) => {
    const { asked } = operation;
    if (!Array.isArray(asked) || asked.length !== 2) {
      throw badValue(operation, '[expected, next]');
    }
    const [expected, next] = asked as readonly Value[];
    return { kind: 'cas', expected: valueText(expected), text: valueText(next) };
  },
};

const keyValue: CellModel['contents'] = {
  get: ({ answered }) => ({ kind: 'read', found: plainText(answered), emptyIsNothing: true }),
  put: (operation) => ({ kind: 'write', text: givenText(operation) }),
  append: (operation) => ({ kind: 'append', text: givenText(operation) }),
  delete: () => ({ kind: 'delete' }),
};

export const cellModels = {
  register: { claim: 'each key is a linearizable register', contents: register },
  'cas-register': {
    claim: 'each key is a linearizable register with compare-and-set',
    contents: register,
  },
  kv: { claim: 'each key is a linearizable value', contents: keyValue },
} satisfies Record<string, CellModel>;

export type CellModelName = keyof typeof cellModels;

/** Undefined: the model has no such operation. */
export function toAction(operation: Operation, model: CellModel): Action | undefined {
  const content = Object.hasOwn(model.contents, operation.f)
    ? model.contents[operation.f]?.(operation)
    : undefined;
  if (content === undefined) return undefined;
  const { kind, text = null, expected = null, found = null, emptyIsNothing = false } = content;
  const { facts, status, condition } = operation;
  const { outcome } = facts;
  const changes = kind !== 'read' && outcome !== 'precondition-failed' && outcome !== 'absent';
  // One literal with all fields: there may be a million of them, and they should be alike.
  return {
    operation,
    kind,
    text,
    expected,
    found,
    emptyIsNothing,
    condition,
    outcome,
    told: changes || status !== 'ok' ? undefined : facts.revision,
    left: changes ? (facts.shardRevision ?? facts.revision ?? 0) : 0,
    certain: status === 'ok',
    begin: operation.invokedAt,
    end: operation.completedAt,
  };
}

/** Values of a register are told apart as JSON tells them apart. */
function valueText(value: Value | undefined): Text {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

function plainText(value: Value | undefined): Text {
  return typeof value === 'string' ? value : valueText(value);
}

function givenText(operation: Operation): string {
  return plainText(operation.asked) ?? raise(badValue(operation, 'a text'));
}

function badValue({ number, f, asked }: Operation, wanted: string): HistoryError {
  const value = JSON.stringify(asked) ?? 'nothing';
  return new HistoryError(`operation ${number}: "${f}" needs ${wanted}, not ${value}`);
}

function raise(error: Error): never {
  throw error;
}

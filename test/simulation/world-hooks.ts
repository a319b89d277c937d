/** All observers as one; the world calls this one. */
import type { Observer } from './observer.js';

type Hooks = Required<Observer>;

export function allObservers(observers: readonly Observer[]): Hooks {
  const all = <Name extends keyof Observer>(name: Name) => {
    const hooks = observers.filter((observer) => observer[name] !== undefined);
    return (...values: Parameters<Hooks[Name]>) => {
      for (const observer of hooks) {
        (observer[name] as ((...values: Parameters<Hooks[Name]>) => void) | undefined)?.(...values);
      }
    };
  };
  return {
    afterEvent: all('afterEvent'),
    sent: all('sent'),
    received: all('received'),
    appendWritten: all('appendWritten'),
    appendDurable: all('appendDurable'),
    diskFailed: all('diskFailed'),
    recovered: all('recovered'),
    applied: all('applied'),
    started: all('started'),
    failed: all('failed'),
    died: all('died'),
    lost: all('lost'),
    invoked: all('invoked'),
    completed: all('completed'),
    finished: all('finished'),
  };
}

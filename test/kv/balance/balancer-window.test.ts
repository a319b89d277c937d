import t from 'tap';
import { balancerRests, isOpen } from '../../../src/kv/balance/balancer-window.js';
import { settings } from './fake-documents.js';

/** 2026-11-25 is a Wednesday. */
const at = (time: string) => Date.parse(`2026-11-${time}:00Z`);

t.test('windows by the clock and the day, over midnight too', async (t) => {
  const night = { from: '22:00', to: '06:00' };
  t.ok(isOpen(night, at('25T23:00')));
  t.ok(isOpen(night, at('25T05:59')));
  t.notOk(isOpen(night, at('25T06:00')));
  t.notOk(isOpen(night, at('25T12:00')));
  const wednesday = { ...night, days: ['wed'] as const };
  t.ok(isOpen(wednesday, at('25T22:00')));
  t.ok(isOpen(wednesday, at('26T03:00')), 'it began on Wednesday');
  t.notOk(isOpen(wednesday, at('25T03:00')), 'that one began on Tuesday');
  t.ok(isOpen({ from: '00:00', to: '00:00' }, at('25T13:00')), 'the whole day');
});

t.test('why the balancer rests', async (t) => {
  const { balancer } = settings;
  const now = at('25T12:00');
  t.equal(balancerRests(balancer, now), undefined);
  t.match(balancerRests({ ...balancer, enabled: false }, now), /off/);
  t.match(balancerRests({ ...balancer, pausedUntilMs: now + 1 }, now), /until 2026-11-25T12:00/);
  t.equal(balancerRests({ ...balancer, pausedUntilMs: now }, now), undefined);
  const windows = [{ from: '13:00', to: '14:00' }];
  t.match(balancerRests({ ...balancer, windows }, now), /No window/);
});

import t from 'tap';
import { messageChart } from './message-chart.js';

t.test('what came in leads to where it was sent', async (t) => {
  const { nodes, rows, title } = messageChart(
    [
      '  1.000000 n1 >n2 g1 append r1>r2 t1 0.0+1 c0; g2 append r1>r2 t1 0.0+1 c0',
      '  1.000000 n1 >n3 g1 append r1>r3 t1 0.0+1 c0',
      '  1.000100 n1 log writes g1 1.1-1.1',
      '  1.001000 n2 <n1 g2 append r1>r2 t1 0.0+1 c0',
      '  1.002000 -- FAULT crash n3',
      '  1.003000 n2 <n3 g1 vote r3>r2 t2',
      '  1.004000 -- VIOLATED R5: two\nlines',
      '  1.004000 n1 crash',
    ],
    'R5',
  );
  t.equal(title, 'R5');
  t.same(nodes, [1, 2, 3]);
  t.match(rows[0], { at: '1.000000', node: 1, to: 2 });
  t.same(rows[2], { at: '1.000100', node: 1, text: 'log writes g1 1.1-1.1' });
  t.match(rows[3], { node: 2, from: 1, sentAt: 0 });
  t.match(rows[4], { node: null, text: 'FAULT crash n3' });
  t.equal(rows[5]?.sentAt, undefined, 'it was sent before the first line');
  t.equal(rows.length, 7);
});

import t from 'tap';
import { Scrape } from '../../src/http/scrape.js';
import { FakeService } from './fake-service.js';

t.test('one scrape asks once, the next asks again', (t) => {
  const service = new FakeService();
  const asked = { count: 0 };
  const original = service.statistics.bind(service);
  service.statistics = () => {
    asked.count += 1;
    return original();
  };
  const scrape = new Scrape(service);
  scrape.statistics();
  scrape.statistics();
  t.equal(asked.count, 1);
  scrape.renew();
  scrape.statistics();
  t.equal(asked.count, 2);
  t.end();
});

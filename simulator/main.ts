import { makeApi } from './api/server.js';
import { Books } from './books/books.js';
import { Journal } from './books/journal.js';
import { makeControl } from './control/server.js';
import { readSettings } from './settings.js';
import { Deliverer } from './webhooks/deliverer.js';

try {
  await start();
} catch (error) {
  console.error(`The simulator cannot start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

async function start(): Promise<void> {
  const { host, port, controlPort, folder } = readSettings(process.env);
  const books = new Books();
  books.writeTo(Journal.open(folder, (entry) => books.replay(entry)));
  const deliverer = new Deliverer(books);
  const api = makeApi(books);
  const control = makeControl(books);
  await control.listen({ host, port: controlPort });
  await api.listen({ host, port });
  deliverer.start();
  console.log(`The simulator answers as the payment provider on http://${host}:${port}.`);
  console.log(`The simulator is controlled on http://${host}:${controlPort}.`);
  const stop = async (): Promise<void> => {
    await Promise.all([api.close(), control.close(), deliverer.close()]);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
}

import { build } from '../../stack/build.mjs';

/**
 * Before all tests: what they spawn is built, and a PostgreSQL and a Temporal server of this run's own are started.
 * Jest on Node 20 cannot load a global setup in TypeScript as an ES module; so this is JavaScript, and all it does is
 * in stack/.
 */
export default async function setUp() {
  const tell = (line) => process.stderr.write(`${line}\n`);
  await build({ allowTypeErrors: true, tell });
  const { startTestServers } = await import('../../dist/stack/test-servers.js');
  const servers = await startTestServers(tell);
  const drawn = String(Math.floor(Math.random() * 2 ** 31));
  Object.assign(process.env, servers.environment, { VELTRIX_TEST_DRAWN_SEED: drawn });
  globalThis.veltrixTestServers = servers;
}

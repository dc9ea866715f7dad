/** After all tests: the servers of the run end, and their data goes. */
export default async function tearDown() {
  await globalThis.veltrixTestServers?.end();
}

/** What a connection string may be seen in. See mutations.mjs. */
export default [
  {
    name: 'connection string looked at by another parser than the driver has',
    file: 'src/postgres/pool-sizes.ts',
    find: 'const { host, port = 5432 } = parseIntoClientConfig(url);',
    replace: 'const { hostname: host, port } = new URL(url);',
    test: 'test/e2e/connection-strings.test.ts',
    says: 'names its host as a parameter is one that works',
    red: 'Veltrix has failed',
  },
  {
    name: 'connection string not looked at with the configuration',
    file: 'src/process/config.ts',
    find: 'if (fault !== undefined) context',
    replace: "if (fault === '') context",
    test: 'test/e2e/connection-strings.test.ts',
    says: 'npm start ends with one sentence that keeps the secret of a connection string whose port is none',
  },
  {
    name: 'connection string in the log: errors are written with all their properties',
    file: 'src/process/logging.ts',
    find: '    hooks: { streamWrite: withoutConnectionStrings },\n',
    replace: '',
    test: 'test/e2e/connection-strings.test.ts',
    says: 'caught by nobody says so',
  },
  {
    name: 'connection string on the terminal: what nobody catches is left to Node.js',
    file: 'src/process/logging.ts',
    find: "process.on('uncaughtException'",
    replace: "process.on('SIGUSR2'",
    test: 'test/e2e/connection-strings.test.ts',
    says: 'caught by nobody says so',
  },
  {
    name: 'a socket that is not there is a failure of the service',
    file: 'src/postgres/sql-errors.ts',
    find: '  if (isRefusedConnection(error)) return true;\n',
    replace: '  void isRefusedConnection;\n',
    test: 'test/e2e/connection-strings.test.ts',
    says: 'the API ends with one sentence that keeps the secret of a connection string whose socket is not there',
  },
];

/** Tests are ES modules run by swc; see docs/decisions/tests-run-as-es-modules.md. */
export default {
  testEnvironment: '<rootDir>/test/harness/shared-environment.cjs',
  runtime: '<rootDir>/test/harness/shared-runtime.cjs',
  testMatch: ['<rootDir>/{src,contracts,workflows,activities,stack,bench,simulator,test}/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: '<rootDir>/test/harness/global-setup.mjs',
  globalTeardown: '<rootDir>/test/harness/global-teardown.mjs',
  testSequencer: '<rootDir>/test/harness/slow-first.mjs',
  // A bound on waiting, and none on speed: a machine that others use too takes several times as long.
  testTimeout: 180_000,
  maxWorkers: 2,
  // Suites leave some of their modules behind. A worker that has grown to this ends, and another one takes its place.
  workerIdleMemoryLimit: '1500MB',
};

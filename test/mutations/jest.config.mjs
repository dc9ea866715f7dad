import project from '../../jest.config.mjs';

const { globalSetup: _setup, globalTeardown: _teardown, ...rest } = project;

/**
 * The project's tests without what is done around them: run.mjs has built once, and keeps the servers from run to run.
 * What waits for ever is red sooner.
 */
export default { ...rest, rootDir: '../..', testTimeout: 120_000 };

const { TestEnvironment } = require('jest-environment-node');

/** What Jest's own parts leave in the global object for the other ones of a suite. */
const ofSuite = ['EVENT_HANDLERS', 'TEST_TIMEOUT_SYMBOL', 'RETRY_TIMES', '$$jest-matchers-object'].map(Symbol.for);

let shared;

/** One environment for all suites of a worker, so that packages need not be loaded for each: see shared-runtime.cjs. */
module.exports = class SharedEnvironment extends TestEnvironment {
  constructor(config, context) {
    if (shared === undefined) {
      super(config, context);
      this.variables = { ...this.global.process.env };
      shared = this;
    }
    return shared.cleaned();
  }

  cleaned() {
    for (const name of ofSuite) delete this.global[name];
    const { env } = this.global.process;
    for (const name of Object.keys(env)) if (!(name in this.variables)) delete env[name];
    Object.assign(env, this.variables);
    return this;
  }

  /** Nothing ends here: the next suite goes on with it. */
  async teardown() {}
};

const { isBuiltin } = require('node:module');
const JestRuntime = require('jest-runtime').default;

/** What has loaded the packages of this worker. It is never torn down. */
let packages;

/**
 * Loads packages once for all suites of a worker, and everything else for each suite anew. To load them takes longer
 * than most suites.
 */
class SharedRuntime extends JestRuntime {
  constructor(...args) {
    super(...args);
    packages ??= new JestRuntime(...args);
    const { esmLoader } = this;
    const resolveHere = esmLoader.resolveModule.bind(esmLoader);
    esmLoader.resolveModule = async (specifier, from, context) => {
      if (!isPackage(specifier) && !from.includes('/node_modules/')) return resolveHere(specifier, from, context);
      const { shouldMock } = await this.mockState.shouldMockEsmAsync(from, specifier);
      return shouldMock
        ? resolveHere(specifier, from, context)
        : packages.esmLoader.resolveModule(specifier, from, context);
    };
  }
}

function isPackage(specifier) {
  return !/^([./]|file:|data:|@jest\/globals$)/.test(specifier) && !isBuiltin(specifier);
}

module.exports = { __esModule: true, default: SharedRuntime };

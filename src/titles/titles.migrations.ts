import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateTitles1795514200000 } from './migrations/create-titles.js';
import { TellOfTitlesByTheCall1795773600000 } from './migrations/tell-by-the-call.js';

/** The schema of the titles. */
export const titlesMigrations: BoundaryMigrations = {
  schema: 'titles',
  database: 'main',
  migrations: [CreateTitles1795514200000, TellOfTitlesByTheCall1795773600000],
};

import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateTitles1795514200000 } from './migrations/create-titles.js';

/** The schema of the titles. */
export const titlesMigrations: BoundaryMigrations = {
  schema: 'titles',
  database: 'main',
  migrations: [CreateTitles1795514200000],
};

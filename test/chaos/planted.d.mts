import type { Mutation } from '../mutations/mutations.mjs';

/** See planted.mjs, which runs before anything is built. */
export const asMutations: Mutation[];

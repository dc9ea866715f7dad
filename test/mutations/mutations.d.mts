/** See mutations.mjs, which runs before anything is built. */
export interface Mutation {
  name: string;
  file: string;
  find: string;
  replace: string;
  test: string;
  says: string;
  red?: string;
}

export const mutations: Mutation[];
export function faultsOf(root: string, chosen: Mutation[]): string[];

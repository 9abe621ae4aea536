/** Why a policy that remembers is refused, and what to do. part: what in the file says so */
export const recurrent = (part: string): string =>
  `${part}: recurrent policies are not supported: distill one that gets its past as observations (a history), or collect its actions as data and distill without a teacher`

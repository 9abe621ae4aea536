/** The folder beside a study's report that holds its students. */
export const STUDENTS = 'students'

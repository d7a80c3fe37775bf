import { sayNamed } from "../words/say";

/** The grade of a performance index, 0 smooth to 4 heavily congested; each is two points wide. */
export const gradeOf = (tpi: number): number => Math.min(4, Math.max(0, Math.floor(tpi / 2)));

export const gradeWord = (tpi: number): string => sayNamed("grade", gradeOf(tpi));

/** The level of the map whose colour a grade has. */
export const levelOf = (tpi: number): number => [0, 1, 3, 4, 5][gradeOf(tpi)] ?? 5;

/*
 * holdOpen.exe FILE: opens a file as a program that loads engines does, for reading and without leave to delete or rename it,
 * says "held", and lets it go when its input ends.
 */
#include <windows.h>

#include <stdio.h>

int main(int count, char **values) {
    if (count != 2) {
        return 2;
    }
    HANDLE file = CreateFileA(values[1], GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "error %lu\n", GetLastError());
        return 1;
    }
    puts("held");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    CloseHandle(file);
    return 0;
}

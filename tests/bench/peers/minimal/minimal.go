// Go: one actor, one message, an orderly end.
package main

import "fmt"

func main() {
	mailbox, done := make(chan string, 1), make(chan bool)
	go func() {
		for whom := range mailbox {
			fmt.Println("hello,", whom)
		}
		done <- true
	}()
	mailbox <- "world"
	close(mailbox)
	<-done
}
